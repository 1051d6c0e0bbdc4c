import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { obtainK6 } from '../../../localstack/setup/obtain-go-tool.ts';
import { silentProgress } from '../../../localstack/setup/progress.ts';
import { config } from '../../../shared/config.ts';

/** Runs k6/<script>.ts, writing its metrics to Prometheus each second. Resolves with what it printed, whether its thresholds held or not. */
export async function runK6(
  script: string,
  remoteWrite: string,
  environment: Readonly<Record<string, string>>,
): Promise<string> {
  const given = Object.entries(environment).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const file = join(config().projectRoot, 'k6', `${script}.ts`);
  const child = spawn(
    await obtainK6(silentProgress),
    ['run', '--quiet', '-o', 'experimental-prometheus-rw', ...given, file],
    {
      env: {
        ...process.env,
        K6_NO_USAGE_REPORT: 'true',
        K6_PROMETHEUS_RW_SERVER_URL: remoteWrite,
        K6_PROMETHEUS_RW_PUSH_INTERVAL: '1s',
        K6_PROMETHEUS_RW_TREND_AS_NATIVE_HISTOGRAM: 'true',
      },
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => resolve());
  });
  return output;
}
