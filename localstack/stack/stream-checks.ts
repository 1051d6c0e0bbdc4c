import { z } from 'zod';
import type { NewStack } from '../../shared/stack-file.ts';
import { streamsOf } from '../../shared/topology/partition-of.ts';
import { readTopology } from '../../shared/topology/read-topology.ts';
import type { StreamSpec, Topology } from '../../shared/topology/topology-schema.ts';
import { deadLettersLeft } from '../redrive/redrive.ts';
import { DEAD_LETTERS } from '../redrive/redrive-options.ts';
import { checkTopology } from '../topology/apply-topology.ts';
import { managementApi } from '../topology/management-api.ts';
import { silentLogger } from '../triggers/silent-logger.ts';
import type { Check } from './status-checks.ts';

type Rabbitmq = NonNullable<NewStack['endpoints']['rabbitmq']>;

/** Records to come and who reads them, as the broker has counted them in the last seconds. */
const queueSchema = z.object({ messages: z.number().default(0), consumers: z.number().default(0) });

/** What of the streams does not work, or waits for a person; one line with ✓ if nothing does. */
export async function checkStreams(rabbitmq: Rabbitmq): Promise<Check[]> {
  try {
    const topology = readTopology();
    const { streams } = topology;
    const found = await Promise.all([
      asDeclared(rabbitmq, topology),
      ...streams
        .filter(({ partitions, isReadersChoice }) => partitions.length > 0 && !isReadersChoice)
        .map((spec) => readers(rabbitmq, spec)),
      ...streams.filter(({ name }) => name === DEAD_LETTERS).map(() => deadLetters(rabbitmq)),
    ]);
    const wrong = found.flat();
    return wrong.length > 0 ? wrong : [{ name: 'streams', ok: true, text: 'as functions/topology.yml says, and read' }];
  } catch (error) {
    return [{ name: 'streams', ok: false, text: error instanceof Error ? error.message : String(error) }];
  }
}

async function asDeclared(rabbitmq: Rabbitmq, topology: Topology): Promise<Check[]> {
  const urls = { streamUrl: rabbitmq.stream, managementUrl: rabbitmq.management };
  const differences = await checkTopology({ ...urls, topology, logger: silentLogger });
  return differences.map(({ kind, object, text }) => {
    const who = kind === 'refused' ? 'the next start says what to do' : 'the next start mends it';
    return { name: 'streams', ok: false, text: `${object} ${text} (${who})` };
  });
}

async function readers(rabbitmq: Rabbitmq, spec: StreamSpec): Promise<Check[]> {
  const api = managementApi(rabbitmq.management, rabbitmq.stream);
  const partitions = await Promise.all(
    streamsOf(spec).map(async (stream) => {
      const queue = queueSchema.parse((await api.get(api.path('queues', stream))) ?? {});
      return queue.messages > 0 && queue.consumers === 0 ? [`${stream} (${queue.messages} records)`] : [];
    }),
  );
  const unread = partitions.flat();
  if (unread.length === 0) return [];
  const text = `nobody reads ${unread.join(', ')}: npm run worker`;
  return [{ name: 'streams', ok: false, text }];
}

async function deadLetters(rabbitmq: Rabbitmq): Promise<Check[]> {
  const left = await deadLettersLeft(rabbitmq.stream, DEAD_LETTERS);
  if (left === 0n) return [];
  const text = `up to ${left} in the stream ${DEAD_LETTERS}: npm run redrive -- --list`;
  return [{ name: 'dead letters', ok: false, text }];
}
