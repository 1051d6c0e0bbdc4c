import { z } from 'zod';
import { circuitReading } from '../../shared/ops/circuits.ts';
import { sourceStatus } from '../../shared/ops/consumers.ts';

const sourceHealth = z.object({
  /** The trigger as serverless.yml places it: `pgmq (events[0])`. */
  trigger: z.string(),
  status: sourceStatus,
  inFlight: z.number(),
  waiting: z.number(),
  /** Streams: messages behind, of the partitions that the replica has. */
  behind: z.number().optional(),
  lastFailure: z.string().optional(),
});

const replicaMessage = z.discriminatedUnion('type', [
  /** Every event source runs. */
  z.object({ type: z.literal('ready') }),
  /** It was asked to end, by whomever: nothing new begins. */
  z.object({ type: z.literal('draining') }),
  z.object({ type: z.literal('health'), sources: z.array(sourceHealth), circuits: z.array(circuitReading) }),
]);

export type SourceHealth = z.infer<typeof sourceHealth>;
/** What a replica tells the process that started it. */
export type ReplicaMessage = z.infer<typeof replicaMessage>;

/** Undefined for anything else: a handler may send messages of its own. */
export function readReplicaMessage(message: unknown): ReplicaMessage | undefined {
  return replicaMessage.safeParse(message).data;
}
