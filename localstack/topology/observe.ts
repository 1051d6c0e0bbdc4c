import { z } from 'zod';
import type { StreamClient } from '../triggers/stream-client/client.ts';
import { streamStatistics } from '../triggers/stream-client/offsets.ts';
import { StreamClientError } from '../triggers/stream-client/stream-error.ts';
import { type BindingDeclaration, type Declarations, governedBy } from './declarations.ts';
import type { ManagementApi } from './management-api.ts';

const argumentsSchema = z.record(z.string(), z.unknown());
const queueSchema = z.object({ type: z.string(), arguments: argumentsSchema });
const exchangeSchema = z.object({
  type: z.string(),
  internal: z.boolean(),
  durable: z.boolean(),
  arguments: argumentsSchema,
});
const bindingsSchema = z.array(
  z.object({
    source: z.string(),
    destination: z.string(),
    destination_type: z.enum(['queue', 'exchange']),
    routing_key: z.string(),
    arguments: argumentsSchema,
    properties_key: z.string(),
  }),
);
const policiesSchema = z.array(
  z.object({
    name: z.string(),
    pattern: z.string(),
    'apply-to': z.string(),
    priority: z.number(),
    definition: argumentsSchema,
  }),
);

export type FoundPolicy = z.output<typeof policiesSchema>[number];
export type FoundExchange = z.output<typeof exchangeSchema>;
export interface FoundQueue extends z.output<typeof queueSchema> {
  /** Records were written to it, whether or not they are kept still. */
  readonly used: boolean;
}
export interface FoundBinding extends Omit<BindingDeclaration, 'arguments'> {
  readonly arguments: Readonly<Record<string, unknown>>;
  /** What the management API calls it by, to delete it. */
  readonly propertiesKey: string;
}

/** What a broker has of what is declared, and was before; and every binding that touches what is declared. */
export interface Found {
  readonly policies: readonly FoundPolicy[];
  readonly queues: ReadonlyMap<string, FoundQueue>;
  readonly exchanges: ReadonlyMap<string, FoundExchange>;
  readonly bindings: readonly FoundBinding[];
}

/** Source: RabbitMQ, "Stream protocol reference", response codes. */
const NO_SUCH_STREAM = 2;

/** @throws TransientError `broker_unavailable`; PermanentError `broker_refused`; StreamClientError */
export async function observe(api: ManagementApi, client: StreamClient, all: readonly Declarations[]): Promise<Found> {
  const streams = all.flatMap((declared) => declared.streams);
  const exchanges = all.flatMap((declared) => declared.exchanges.map(({ name }) => name));
  const policies = policiesSchema.parse((await api.get(api.path('policies'))) ?? []);
  const ours = new Set(all.map(({ policy }) => policy.name));
  // Also those that the file no longer has.
  const governed = policies.flatMap(({ name, pattern }) => (ours.has(name) ? governedBy(pattern) : []));
  const [queues, found, ...bindings] = await Promise.all([
    Promise.all(
      [...new Set([...streams, ...governed])].map(async (name) => [name, await queueOf(api, client, name)] as const),
    ),
    Promise.all(exchanges.map(async (name) => [name, await api.get(api.path('exchanges', name))] as const)),
    ...streams.map((name) => api.get(`${api.path('queues', name)}/bindings`)),
    ...exchanges.map((name) => api.get(`${api.path('exchanges', name)}/bindings/source`)),
    ...exchanges.map((name) => api.get(`${api.path('exchanges', name)}/bindings/destination`)),
  ]);
  return {
    policies,
    queues: new Map(queues.flatMap(([name, queue]) => (queue ? [[name, queue]] : []))),
    exchanges: new Map(
      found.flatMap(([name, value]) => (value === undefined ? [] : [[name, exchangeSchema.parse(value)] as const])),
    ),
    bindings: distinct(bindings.flatMap((each) => bindingsSchema.parse(each ?? []))),
  };
}

async function queueOf(api: ManagementApi, client: StreamClient, name: string): Promise<FoundQueue | undefined> {
  const value = await api.get(`${api.path('queues', name)}?disable_stats=true`);
  if (value === undefined) return undefined;
  const queue = queueSchema.parse(value);
  return { ...queue, used: queue.type === 'stream' && (await isUsed(client, name)) };
}

async function isUsed(client: StreamClient, stream: string): Promise<boolean> {
  try {
    return (await streamStatistics(client, stream)).lastChunkId !== undefined;
  } catch (error) {
    // Deleted since: the next look shows it missing.
    if (error instanceof StreamClientError && error.responseCode === NO_SUCH_STREAM) return false;
    throw error;
  }
}

/** Each binding once: those between two of ours come twice. Each queue is also bound to the default exchange, by its name. */
function distinct(bindings: z.output<typeof bindingsSchema>): FoundBinding[] {
  const found = new Map<string, FoundBinding>();
  for (const { source, destination, destination_type, routing_key, properties_key, ...rest } of bindings) {
    if (source === '') continue;
    const key = JSON.stringify([source, destination_type, destination, properties_key]);
    found.set(key, {
      source,
      destination,
      destinationType: destination_type,
      routingKey: routing_key,
      propertiesKey: properties_key,
      ...rest,
    });
  }
  return [...found.values()];
}
