import type { AlertItem } from '../alert-desk/alert-item.ts';
import type { HttpChannel } from './read-channels.ts';
import type { OutgoingRequest } from './send-request.ts';
import { headline, toldAlert } from './told-alert.ts';

/**
 * Alertmanager's clients say every 30 s to 3 min again what goes on ("Sending alerts"); what is not said again is over after this,
 * so four can be missed.
 */
export const SAY_AGAIN_MS = 30_000;
const LASTS_MS = 4 * SAY_AGAIN_MS;

const PATH = '/api/v2/alerts';

const iso = (ms: number) => new Date(ms).toISOString();

/** Labels are what tells one alert from another, so nothing that changes while it lasts is among them but its priority. */
function labelled(alert: AlertItem, { identifiers }: HttpChannel, nowMs: number) {
  const { rule, condition, category, kind, ward, bed, priority, alertId, phase } = alert;
  const { status } = alert;
  const { patientId, detail } = { patientId: undefined, detail: undefined, ...toldAlert(alert, identifiers) };
  const isOver = phase !== 'active' || status === 'inhibited';
  return {
    labels: {
      alertname: `heartline_${rule}`,
      ...{ alertId, ward, bed, priority, severity: priority, rule, condition, category },
      ...(kind !== null && { kind }),
      ...(patientId !== undefined && { patientId }),
    },
    annotations: {
      summary: headline(alert),
      status,
      ...(detail !== undefined && { detail: JSON.stringify(detail) }),
    },
    startsAt: alert.openedAt,
    endsAt: iso(isOver ? nowMs : nowMs + LASTS_MS),
  };
}

/** "Always firing": whoever does not hear of it any more knows that nothing is heard. */
function watchdog(ward: string, nowMs: number) {
  return {
    labels: { alertname: 'Watchdog', service: 'heartline', ward, severity: 'none' },
    annotations: { summary: `Alerts of ${ward} reach this Alertmanager.` },
    endsAt: iso(nowMs + LASTS_MS),
  };
}

function posting({ url, secret }: HttpChannel, alerts: readonly object[]): OutgoingRequest {
  const address = new URL(url);
  if (!address.pathname.endsWith(PATH)) address.pathname = `${address.pathname.replace(/\/$/, '')}${PATH}`;
  const headers: Record<string, string> = secret === '' ? {} : { authorization: `Bearer ${secret}` };
  return { url: address.href, headers, body: JSON.stringify(alerts) };
}

/** One alert, as it is now. Repeated it changes nothing: its labels are its identity. */
export const alertmanagerRequest = (channel: HttpChannel, alert: AlertItem, nowMs: number): OutgoingRequest =>
  posting(channel, [labelled(alert, channel, nowMs)]);

/** All that goes on in these wards, said again; and, of what `isAlive`, that it would be said. */
export const alertmanagerResend = (
  channel: HttpChannel,
  wards: readonly { readonly ward: string; readonly alerts: readonly AlertItem[] }[],
  { nowMs, isAlive }: { readonly nowMs: number; readonly isAlive: boolean },
): OutgoingRequest =>
  posting(
    channel,
    wards.flatMap(({ ward, alerts }) => [
      ...(isAlive ? [watchdog(ward, nowMs)] : []),
      ...alerts.map((alert) => labelled(alert, channel, nowMs)),
    ]),
  );
