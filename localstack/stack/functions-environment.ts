import type { NewStack } from '../../shared/stack-file.ts';
import { brokerEndpoints } from './infrastructure.ts';
import type { Detour, StackOptions } from './start-stack.ts';

const LOOPBACK = '127.0.0.1';
/** What the AWS SDK in a handler signs with here; the data plane on this machine checks no signatures. */
const LOCAL_AWS = { AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'local', AWS_SECRET_ACCESS_KEY: 'local' };

/** What the functions are told: where everything is, through the detour where there is one. */
export function functionsEnvironment(
  options: StackOptions,
  stack: NewStack,
  reach: Detour['reach'] | undefined,
): Record<string, string> {
  const { home, ports } = options;
  const { postgres } = stack.endpoints;
  const { mqtt, stream } = brokerEndpoints(options);
  return {
    HEARTLINE_HOME: home,
    HEARTLINE_KEYS: options.access.keyFolder,
    ...(options.tlsFolder && { HEARTLINE_TLS_DIR: options.tlsFolder }),
    ...LOCAL_AWS,
    AWS_ENDPOINT_URL_IOT_DATA_PLANE: `http://${LOOPBACK}:${ports.iot}`,
    HEARTLINE_DATABASE_URL: reach ? throughAddress(postgres, reach.postgres) : postgres,
    HEARTLINE_MQTT_URL: reach ? throughAddress(mqtt, reach.mqtt) : mqtt,
    HEARTLINE_STREAM_URL: stream,
    HEARTLINE_HTTP_PORT: String(ports.http),
    HEARTLINE_LAMBDA_PORT: String(ports.lambda),
    HEARTLINE_WEBSOCKET_PORT: String(ports.websocket),
  };
}

/** The same URL at another host and port. */
function throughAddress(url: string, address: string): string {
  const through = new URL(url);
  through.host = address;
  return through.href;
}
