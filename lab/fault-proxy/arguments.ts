import { parseArgs } from 'node:util';
import type { Address } from './connection.ts';
import { FaultProxyError } from './fault-proxy-error.ts';
import { type Identify, identifyBy, perClient } from './identity.ts';

export interface Arguments {
  readonly help: boolean;
  readonly listen: Address;
  readonly upstream: Address;
  readonly control: Address;
  readonly seed: number;
  readonly identify: Identify;
}

const DEFAULTS = {
  listen: '127.0.0.1:18830',
  upstream: '127.0.0.1:1883',
  control: '127.0.0.1:18831',
  seed: '1',
  identity: 'payload',
};
const HIGHEST_PORT = 65_535;

export const HELP = `A proxy between MQTT clients and their broker that loses, repeats, delays and reorders messages, as a seed says.

  --listen HOST:PORT    where clients connect (${DEFAULTS.listen})
  --upstream HOST:PORT  the broker, MQTT over TCP (${DEFAULTS.upstream})
  --control HOST:PORT   HTTP API that sets toxics and reads the journal, on loopback only (${DEFAULTS.control})
  --seed N              a whole number: the same seed hits the same messages (${DEFAULTS.seed})
  --identity WHAT       what a message is known by: payload (with its topic), json:FIELD, user-property:NAME (${DEFAULTS.identity})
  --per-client          the same message to two clients counts as two
  --help                this text

Port 0 takes a free one. One line of JSON on stdout says what is bound; events are lines of JSON on stderr.
`;

/** Reads the command line. Throws FaultProxyError `argument` with what is wrong and what would be right. */
export function parseArguments(argv: readonly string[]): Arguments {
  const values = parse(argv);
  const identify = identifyBy(values.identity ?? DEFAULTS.identity);
  const control = addressIn('--control', values.control ?? DEFAULTS.control);
  if (!isLoopback(control.host)) wrong(`--control ${control.host}: anyone could set toxics; give 127.0.0.1 or [::1]`);
  return {
    help: values.help ?? false,
    listen: addressIn('--listen', values.listen ?? DEFAULTS.listen),
    upstream: addressIn('--upstream', values.upstream ?? DEFAULTS.upstream),
    control,
    seed: seedIn(values.seed ?? DEFAULTS.seed),
    identify: values['per-client'] ? perClient(identify) : identify,
  };
}

function parse(argv: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = {
    listen: text,
    upstream: text,
    control: text,
    seed: text,
    identity: text,
    'per-client': flag,
    help: flag,
  };
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: false }).values;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return wrong(`${error.message} (--help lists all options)`);
  }
}

/** `127.0.0.1:1883`, `broker.example:1883`, `[::1]:1883`. */
function addressIn(option: string, text: string): Address {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= HIGHEST_PORT) return { host, port };
  return wrong(
    `${option} ${text}: give host:port, such as ${DEFAULTS.listen} or [::1]:18830, ports 0 to ${HIGHEST_PORT}`,
  );
}

function seedIn(text: string): number {
  const seed = Number(text);
  return /^-?\d+$/.test(text) && Number.isSafeInteger(seed)
    ? seed
    : wrong(`--seed ${text}: give a whole number, such as 1`);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function wrong(message: string): never {
  throw new FaultProxyError('argument', message);
}
