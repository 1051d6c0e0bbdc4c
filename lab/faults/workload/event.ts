import { z } from 'zod';
import type { Checkpoint, Fence } from '../../../shared/idempotency/index.ts';

const messageSchema = z.strictObject({
  id: z.string(),
  key: z.string(),
  sequence: z.int(),
  amount: z.int(),
});
export type Message = z.infer<typeof messageSchema>;

const eventSchema = z.object({
  Records: z
    .array(z.object({ kinesis: z.object({ sequenceNumber: z.string(), data: z.string() }), eventID: z.string() }))
    .min(1),
  checkpoint: z.object({ consumer: z.string(), epoch: z.string(), position: z.string().optional() }),
});

export interface WorkloadRecord {
  readonly sequenceNumber: string;
  readonly eventId: string;
  /** Undefined: no handler can apply it. */
  readonly message: Message | undefined;
}

export interface Batch {
  readonly records: readonly WorkloadRecord[];
  readonly fence: Fence;
  /** Undefined while something before the batch is not done. */
  readonly checkpoint: Checkpoint | undefined;
}

/** @throws ZodError for an event that is not as the trigger makes it */
export function batchOf(event: unknown): Batch {
  const { Records, checkpoint } = eventSchema.parse(event);
  const { consumer, epoch, position } = checkpoint;
  return {
    records: Records.map(({ kinesis, eventID }) => ({
      sequenceNumber: kinesis.sequenceNumber,
      eventId: eventID,
      message: messageIn(kinesis.data),
    })),
    fence: { consumer, epoch: BigInt(epoch) },
    checkpoint: position === undefined ? undefined : { consumer, position: BigInt(position) },
  };
}

function messageIn(data: string): Message | undefined {
  try {
    return messageSchema.safeParse(JSON.parse(Buffer.from(data, 'base64').toString())).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
