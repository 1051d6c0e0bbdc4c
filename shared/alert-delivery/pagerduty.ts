import { isLeftAlone } from '../alert-desk/alert-item.ts';
import type { Severity } from '../alerts/alert-kinds.ts';
import type { HttpChannel } from './read-channels.ts';
import type { OutgoingRequest } from './send-request.ts';
import { headline, type Notice, toldAlert } from './told-alert.ts';

/** PagerDuty's own four (Events API v2, "severity"); `info` would page nobody. */
const SEVERITY: Readonly<Record<Severity, 'critical' | 'error' | 'warning'>> = {
  high: 'critical',
  medium: 'error',
  low: 'warning',
};
/** Events API v2: a longer summary is cut there. */
const SUMMARY_CHARACTERS_MAX = 1_024;

/** An incident follows the alert, not the news of it; but whoever is asked is paged, though another has seen or taken it. */
function actionOf({ kind, alert }: Notice): 'trigger' | 'acknowledge' | 'resolve' {
  const { phase, status } = alert;
  if (phase !== 'active' || status === 'inhibited') return 'resolve';
  if (kind === 'ask' || kind === 're-alarm') return 'trigger';
  return status === 'accepted' || isLeftAlone(alert) ? 'acknowledge' : 'trigger';
}

/** An event of PagerDuty's Events API v2: one incident an alert, by its id. */
export function pagerdutyRequest({ url, secret, identifiers }: HttpChannel, notice: Notice): OutgoingRequest {
  const { alert } = notice;
  const action = actionOf(notice);
  const event = {
    routing_key: secret,
    event_action: action,
    dedup_key: alert.alertId,
    ...(action === 'trigger' && {
      client: 'Heartline',
      payload: {
        summary: headline(alert).slice(0, SUMMARY_CHARACTERS_MAX),
        source: `${alert.ward}/${alert.bed}`,
        severity: SEVERITY[alert.priority],
        timestamp: alert.openedAt,
        component: alert.rule,
        group: alert.ward,
        class: alert.category,
        custom_details: toldAlert(alert, identifiers),
      },
    }),
  };
  return { url, headers: {}, body: JSON.stringify(event) };
}
