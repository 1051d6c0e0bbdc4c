import { randomBytes, randomUUID } from 'node:crypto';
import { Webhook, WebhookVerificationError } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { config } from '../config.ts';
import { hashPatientId } from '../observability/patient-id.ts';
import { anAlertItem } from '../testing/alert-items.ts';
import { alertmanagerResend } from './alertmanager.ts';
import type { HttpSettings } from './channel-settings.ts';
import { channelsFile } from './channel-settings.ts';
import type { HttpChannel } from './read-channels.ts';
import { requestFor } from './request-for.ts';
import type { Notice } from './told-alert.ts';
import { webhookHeartbeat } from './webhook.ts';

const NOW_MS = Date.parse('2026-11-01T10:00:30.000Z');
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;

function channelOf(type: HttpSettings['type'], more: object = {}, secret = SECRET): HttpChannel {
  const given = { name: 'it', type, url: 'https://hospital.example/in', ...more };
  const secrets = type === 'alertmanager' ? {} : { secretEnv: 'SOME_SECRET' };
  const one = channelsFile.parse({ channels: [{ ...given, ...secrets }] }).find(({ name }) => name === 'it');
  if (one === undefined || one.type === 'station') throw new Error('a channel over HTTP');
  return { ...one, secret };
}
const noticeOf = (alert = anAlertItem(), more: Partial<Notice> = {}): Notice => ({
  deliveryId: randomUUID(),
  kind: 'ask',
  version: alert.version,
  role: 'nurse',
  people: ['nurse-ada'],
  group: null,
  alert,
  ...more,
});

describe('webhook', () => {
  test("is what Standard Webhooks verifies, under the delivery's id", () => {
    const notice = noticeOf();
    const { headers, body } = requestFor(channelOf('webhook'), notice, Date.now());
    expect(headers['webhook-id']).toBe(notice.deliveryId);
    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({
      type: 'alert.ask',
      data: {
        kind: 'ask',
        role: 'nurse',
        people: ['nurse-ada'],
        alert: { alertId: notice.alert.alertId, ward: 'icu-1' },
      },
    });
  });

  test('a body that was changed, another secret and an old time are found out', () => {
    const { headers, body } = requestFor(channelOf('webhook'), noticeOf(), Date.now());
    const other = `whsec_${randomBytes(32).toString('base64')}`;
    expect(() => new Webhook(SECRET).verify(body.replace('nurse', 'thief'), headers)).toThrow(WebhookVerificationError);
    expect(() => new Webhook(other).verify(body, headers)).toThrow(WebhookVerificationError);
    const old = requestFor(channelOf('webhook'), noticeOf(), Date.now() - 600_000);
    expect(() => new Webhook(SECRET).verify(old.body, old.headers)).toThrow(WebhookVerificationError);
  });

  test('an attempt later has the same id and a signature of its own', () => {
    const [channel, notice] = [channelOf('webhook'), noticeOf()];
    const [first, second] = [requestFor(channel, notice, NOW_MS), requestFor(channel, notice, NOW_MS + 5_000)];
    expect(second.headers['webhook-id']).toBe(first.headers['webhook-id']);
    expect(second.headers['webhook-signature']).not.toBe(first.headers['webhook-signature']);
  });

  test('a heartbeat verifies, too', () => {
    const { headers, body } = webhookHeartbeat(channelOf('webhook'), {
      id: 'hb-1',
      nowMs: Date.now(),
      data: { ward: 'icu-1' },
    });
    expect(new Webhook(SECRET).verify(body, headers)).toMatchObject({ type: 'heartbeat', data: { ward: 'icu-1' } });
  });

  test.each(['', 'whsec_', 'whsec_c2hvcnQ=', `whsec_${'A'.repeat(200)}`])('the secret %j is refused', (secret) => {
    expect(() => requestFor(channelOf('webhook', {}, secret), noticeOf(), NOW_MS)).toThrow(/secret of channel it/);
  });
});

describe('what leaves of a patient', () => {
  // No other figure or id can look like it.
  const measured = 'eighty-two';
  const alert = anAlertItem({ patientId: 'patient-77', detail: { value: measured } });
  const bodies = (identifiers: string) =>
    (['webhook', 'pagerduty', 'alertmanager'] as const).map(
      (type) => requestFor(channelOf(type, { identifiers }), noticeOf(alert), NOW_MS).body,
    );

  test('by default neither who it is nor what was measured', () => {
    for (const body of bodies('none')) {
      expect(body).not.toContain('patient-77');
      expect(body).not.toContain('monitor-1');
      expect(body).not.toContain(measured);
    }
  });
  test('a pseudonym is the one of the logs', () => {
    for (const body of bodies('pseudonym')) {
      expect(body).not.toContain('patient-77');
      expect(body).toContain(hashPatientId('patient-77', config().patientHashKey));
    }
  });
  test('in plain where that is said', () => {
    const all = bodies('plain');
    for (const body of all) expect(body).toContain('patient-77');
    expect(all.some((body) => body.includes(measured))).toBe(true);
  });
});

describe('pagerduty', () => {
  const eventOf = (change: Parameters<typeof anAlertItem>[0], kind: Notice['kind'] = 'ask') => {
    const notice = noticeOf(anAlertItem(change), { kind });
    return JSON.parse(requestFor(channelOf('pagerduty', {}, 'R'.repeat(32)), notice, NOW_MS).body);
  };

  test.each([
    ['high', 'critical'],
    ['medium', 'error'],
    ['low', 'warning'],
  ] as const)('%s priority triggers an incident that is %s', (priority, severity) => {
    const event = eventOf({ priority, alertId: '0d9f1b1e-6c1e-4d7a-9b55-000020261121' });
    expect(event).toMatchObject({
      routing_key: 'R'.repeat(32),
      event_action: 'trigger',
      dedup_key: '0d9f1b1e-6c1e-4d7a-9b55-000020261121',
      payload: { severity, source: 'icu-1/b1', component: 'threshold', group: 'icu-1', class: 'physiological' },
    });
    expect(event.payload.summary).toBe(`${priority} priority: SpO2 (threshold), icu-1 b1`);
  });

  test.each([
    [{ status: 'acknowledged', answerBy: null }, 'acknowledge'],
    [{ status: 'acknowledged' }, 'trigger'],
    [{ status: 'accepted', owner: { id: 'ada', role: 'nurse' } }, 'acknowledge'],
    [{ status: 'silenced' }, 'trigger'],
    [{ status: 'inhibited' }, 'resolve'],
    [{ phase: 'resolved', status: 'resolved' }, 'resolve'],
    [{ phase: 'closed', status: 'closed' }, 'resolve'],
  ] as const)('an alert that is %j: %s', (change, action) => {
    const event = eventOf(change, 'retract');
    expect(event.event_action).toBe(action);
    expect('payload' in event).toBe(action === 'trigger');
  });
});

describe('alertmanager', () => {
  const post = (change: Parameters<typeof anAlertItem>[0]) => {
    const request = requestFor(channelOf('alertmanager', {}, 'token'), noticeOf(anAlertItem(change)), NOW_MS);
    return { ...request, alerts: JSON.parse(request.body) };
  };

  test('an alert that goes on ends later, unless it is said again', () => {
    const { url, headers, alerts } = post({});
    expect(url).toBe('https://hospital.example/in/api/v2/alerts');
    expect(headers).toEqual({ authorization: 'Bearer token' });
    expect(alerts).toEqual([
      {
        labels: expect.objectContaining({
          alertname: 'heartline_threshold',
          ward: 'icu-1',
          bed: 'b1',
          priority: 'high',
        }),
        annotations: { summary: 'high priority: SpO2 (threshold), icu-1 b1', status: 'active' },
        startsAt: '2026-11-01T10:00:00.000Z',
        endsAt: '2026-11-01T10:02:30.000Z',
      },
    ]);
    for (const value of Object.values(alerts[0].labels)) expect(value).toEqual(expect.any(String));
  });

  test('the same labels while it lasts, and at its end', () => {
    const alertId = randomUUID();
    const over = post({ alertId, phase: 'resolved', status: 'resolved', version: 4, detail: { value: 90 } }).alerts[0];
    expect(over.endsAt).toBe('2026-11-01T10:00:30.000Z');
    expect(over.labels).toEqual(post({ alertId }).alerts[0].labels);
  });

  test('said again with a watchdog that never ends', () => {
    const wards = [
      { ward: 'icu-1', alerts: [anAlertItem(), anAlertItem()] },
      { ward: 'icu-2', alerts: [] },
    ];
    const { body, url } = alertmanagerResend(
      channelOf('alertmanager', { url: 'https://am.example/api/v2/alerts' }),
      wards,
      { nowMs: NOW_MS, isAlive: true },
    );
    expect(url).toBe('https://am.example/api/v2/alerts');
    const names = JSON.parse(body).map(({ labels }: { labels: { alertname: string } }) => labels.alertname);
    expect(names).toEqual(['Watchdog', 'heartline_threshold', 'heartline_threshold', 'Watchdog']);
  });
});
