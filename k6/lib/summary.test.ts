import { describe, expect, test } from 'vitest';
import { planPhases } from './phases.ts';
import { summaryText } from './summary.ts';

const phases = planPhases([{ name: 'fault', startS: 2, durationS: 10, rates: [30] }]);
const counter = (count: number, ok: boolean) => ({
  type: 'counter',
  contains: 'default',
  values: { count, rate: count / 10 },
  thresholds: { 'count==300': { ok } },
});

describe('the summary', () => {
  test('says that the planned load was applied', () => {
    const text = summaryText({ metrics: { 'producer_sent_msgs{phase:fault}': counter(300, true) } }, phases);
    expect(text).toContain('The planned load was applied:\n  ✓ phase fault: planned 300 messages, sent 300');
    expect(text).toContain('✓ producer_sent_msgs{phase:fault}: count==300');
  });

  test('says what was planned and what was sent when it was not', () => {
    const late = { ...counter(4, false), thresholds: { 'count==0': { ok: false } } };
    const metrics = { 'producer_sent_msgs{phase:fault}': counter(297, false), producer_late_msgs: late };
    const text = summaryText({ metrics }, phases);
    expect(text).toContain('The planned load was NOT applied:\n  ✗ phase fault: planned 300 messages, sent 297');
    expect(text).toContain('✗ 4 were sent more than a second late');
    expect(summaryText({ metrics: {} }, phases)).toContain('planned 300 messages, sent 0');
  });

  test('says what was sent late where time does not count, and does not judge it', () => {
    const late = { type: 'counter', contains: 'default', values: { count: 4 } };
    const metrics = { 'producer_sent_msgs{phase:fault}': counter(300, true), producer_late_msgs: late };
    const text = summaryText({ metrics }, phases);
    expect(text).toContain('The planned load was applied:');
    expect(text).toContain('! 4 were sent more than a second late');
  });

  test('shows figures with their unit', () => {
    const metrics = {
      http_req_duration: { type: 'trend', contains: 'time', values: { max: 20, 'p(95)': 12.3456 } },
      http_req_failed: { type: 'rate', contains: 'default', values: { rate: 0.25, passes: 1, fails: 3 } },
      data_sent: { type: 'counter', contains: 'data', values: { count: 2_500 } },
    };
    const text = summaryText({ metrics }, []);
    expect(text).toMatch(/http_req_duration\.+: p\(95\)=12\.35ms {2}max=20ms\n/);
    expect(text).toMatch(/http_req_failed\.+: 25% {2}1 of 4\n/);
    expect(text).toMatch(/data_sent\.+: 2\.5 kB\n/);
    expect(text).not.toContain('planned');
  });
});
