import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { k6Arguments } from '../../../localstack/setup/k6-arguments.ts';
import { bundleForK6 } from '../../../localstack/setup/k6-bundle.ts';
import { obtainK6 } from '../../../localstack/setup/obtain-go-tool.ts';
import { silentProgress } from '../../../localstack/setup/progress.ts';
import { gatewayLogin, mqttEnvironment } from '../../../shared/access/gateway-login.ts';
import { loadTokens } from '../../../shared/access/local-token.ts';
import { config } from '../../../shared/config.ts';

export interface K6Run {
  /** k6/<script>.ts */
  script: string;
  settings: Readonly<Record<string, string>>;
  endpoints: { http: string; webMqtt: string };
  /** Where Prometheus takes what k6 writes, here each second. */
  remoteWrite: string;
}

/** Runs a script as `npm run k6 -- <script> --prometheus <url>` does. Resolves when it has ended, whether its thresholds held or not. */
export async function runK6({ script, settings, endpoints, remoteWrite }: K6Run): Promise<void> {
  const [k6] = await Promise.all([obtainK6(silentProgress), bundleForK6()]);
  const given = Object.entries(settings).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const file = join(config().projectRoot, 'k6', `${script}.ts`);
  const command = k6Arguments(file, ['--quiet', '--prometheus', remoteWrite, ...given], endpoints);
  const child = spawn(k6, command.arguments, {
    stdio: 'ignore',
    env: {
      ...process.env,
      ...(await loadTokens()),
      ...mqttEnvironment(await gatewayLogin(config().access, 'k6')),
      ...command.environment,
      K6_PROMETHEUS_RW_PUSH_INTERVAL: '1s',
    },
  });
  await new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', () => resolve());
  });
}
