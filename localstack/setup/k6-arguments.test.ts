import { describe, expect, test } from 'vitest';
import { k6Arguments } from './k6-arguments.ts';

const endpoints = { http: 'http://127.0.0.1:1', webMqtt: 'ws://127.0.0.1:2/ws' };

describe('k6Arguments', () => {
  test('what the user says comes after what the stack says', () => {
    const command = k6Arguments('k6/a.ts', ['-e', 'BASE_URL=http://elsewhere'], endpoints);
    expect(command.arguments.filter((word) => word.includes('BASE_URL'))).toEqual([
      'BASE_URL=http://127.0.0.1:1',
      'BASE_URL=http://elsewhere',
    ]);
    expect(command.arguments).toContain('WEB_MQTT_URL=ws://127.0.0.1:2/ws');
    expect(command.arguments.at(-1)).toBe('k6/a.ts');
    expect(command.environment).toEqual({ K6_NO_USAGE_REPORT: 'true', GOGC: '400' });
  });

  test('--prometheus takes a URL, or the usual one, and leaves the rest', () => {
    const given = k6Arguments('f', ['--prometheus', 'http://127.0.0.1:9/w', '--quiet'], endpoints);
    expect(given.environment).toMatchObject({ K6_PROMETHEUS_RW_SERVER_URL: 'http://127.0.0.1:9/w' });
    expect(given.arguments.slice(-2)).toEqual(['--quiet', 'f']);
    expect(given.arguments).toContain('testid=f');
    const usual = k6Arguments('f', ['--prometheus', '-e', 'QOS=1'], endpoints);
    expect(usual.environment).toMatchObject({ K6_PROMETHEUS_RW_SERVER_URL: 'http://127.0.0.1:9090/api/v1/write' });
    expect(usual.arguments).toContain('experimental-prometheus-rw');
    expect(usual.arguments.slice(-3)).toEqual(['-e', 'QOS=1', 'f']);
  });
});
