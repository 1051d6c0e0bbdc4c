import { basename } from 'node:path';

/** Where Prometheus takes remote writes by default, started with --web.enable-remote-write-receiver. */
const PROMETHEUS_WRITE_URL = 'http://127.0.0.1:9090/api/v1/write';

/**
 * How much k6's heap may grow before garbage is collected, in percent (Go's own default is 100). Its heap is small and short-lived:
 * at 1,000 MQTT messages a second, a sixth of its time went into collecting it.
 */
export const GARBAGE_PERCENT = '400';

export interface K6Arguments {
  /** What follows `k6`. */
  arguments: string[];
  /** Beside the process's own. */
  environment: Record<string, string>;
}

/**
 * The command line of k6 for a script, from the words that follow `npm run k6 -- <script>`: all are k6's own options but
 * `--prometheus [url]`. What is given later wins, so `-e BASE_URL=…` is stronger than the running stack.
 */
export function k6Arguments(
  file: string,
  words: readonly string[],
  endpoints: { http: string; webMqtt: string },
  garbagePercent: string = GARBAGE_PERCENT,
): K6Arguments {
  const { url, others } = takePrometheus(words);
  const settings = { BASE_URL: endpoints.http, WEB_MQTT_URL: endpoints.webMqtt };
  return {
    arguments: [
      'run',
      '--address=', // no control port: two runs at once would want the same
      // The tag by which dashboards tell runs apart.
      ...(url === undefined ? [] : ['--out', 'experimental-prometheus-rw', '--tag', `testid=${basename(file, '.ts')}`]),
      ...Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      ...others,
      file,
    ],
    environment: {
      K6_NO_USAGE_REPORT: 'true',
      GOGC: garbagePercent,
      ...(url === undefined
        ? {}
        : {
            K6_PROMETHEUS_RW_SERVER_URL: url,
            // As the dashboards read them: a percentile of any time shown, not one of the whole run.
            K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM: 'true',
          }),
    },
  };
}

function takePrometheus(words: readonly string[]): { url: string | undefined; others: string[] } {
  const at = words.indexOf('--prometheus');
  if (at < 0) return { url: undefined, others: [...words] };
  const next = words[at + 1];
  const given = next !== undefined && /^https?:\/\//.test(next);
  return {
    url: given ? next : PROMETHEUS_WRITE_URL,
    others: [...words.slice(0, at), ...words.slice(at + (given ? 2 : 1))],
  };
}
