import { StreamClientError } from './stream-error.ts';
import { wireText } from './wire.ts';

/** What a broker's URL says. */
export interface StreamEndpoint {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  readonly username: string;
  readonly password: string;
  readonly vhost: string;
}

/** RabbitMQ's listeners, plain and TLS. */
const DEFAULT_PORT = 5552;
const DEFAULT_TLS_PORT = 5551;
/** A token with many scopes; what RabbitMQ's MQTT plug-in takes of somebody not yet known (65,536), less the rest of a packet. */
const PASSWORD_BYTES_MAX = 64_000;

/**
 * `rabbitmq-stream://user:password@host:port/vhost`; `rabbitmq-stream+tls:` for TLS. Without them: guest, 5552 (5551), `/`.
 * @throws StreamClientError `invalid_argument`, without the URL: it may hold a password
 */
export function streamEndpoint(url: string): StreamEndpoint {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  const secure = parsed?.protocol === 'rabbitmq-stream+tls:';
  if (parsed === undefined || parsed.hostname === '' || !(secure || parsed.protocol === 'rabbitmq-stream:')) {
    throw new StreamClientError(
      'invalid_argument',
      'the URL must begin with rabbitmq-stream:// or rabbitmq-stream+tls://',
    );
  }
  return {
    host: parsed.hostname.replace(/^\[|\]$/g, ''),
    port: Number(parsed.port || (secure ? DEFAULT_TLS_PORT : DEFAULT_PORT)),
    secure,
    username: text('the user name', parsed.username, 'guest'),
    password: text('the password', parsed.password, 'guest', PASSWORD_BYTES_MAX),
    vhost: text('the virtual host', parsed.pathname.slice(1), '/'),
  };
}

function text(what: string, encoded: string, otherwise: string, bytesMax?: number): string {
  try {
    return wireText(what, encoded === '' ? otherwise : decodeURIComponent(encoded), bytesMax);
  } catch (error) {
    if (error instanceof StreamClientError) throw error;
    // URIError shows what it was given.
    throw new StreamClientError('invalid_argument', `${what} in the URL is not percent-encoded UTF-8`);
  }
}
