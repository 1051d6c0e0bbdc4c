import { createHash, randomBytes } from 'node:crypto';
import type { StreamClient } from '../triggers/stream-client/client.ts';
import { queryOffset } from '../triggers/stream-client/offsets.ts';
import { declarePublisher } from '../triggers/stream-client/publisher.ts';
import { queryPublisherSequence } from '../triggers/stream-client/publisher-link.ts';
import { StreamClientError } from '../triggers/stream-client/stream-error.ts';
import { storedOffset } from './stored-offset.ts';

/** A dead letter to publish: its offset in the stream of dead letters, and the record's bytes. */
export interface LaneEntry {
  readonly offset: bigint;
  readonly bytes: Buffer;
}

/**
 * The dead letters of one function and one stream, published in the order of their offsets under one publisher name, with
 * offset + 1 as the publishing id. The broker so knows how far a lane is, in the stream itself, and stores none twice.
 * A name for all functions of a stream would not do: a redrive of one function alone would take the sequence past the
 * dead letters of another, which the broker would then drop. So would, in its lane, a dead letter that is picked out: such are published
 * under no name, and a later redrive of all publishes them again, for which handlers have their keys.
 */
export interface Lane {
  /** All before this offset is redriven; undefined: it cannot be published to, see `problem`. */
  readonly doneBefore: bigint | undefined;
  readonly problem: string | undefined;
  /** Resolves when all is confirmed. After a failure the lane takes no more: what follows would hide what failed. */
  publish(entries: readonly LaneEntry[]): Promise<void>;
}

export type Declare = typeof declarePublisher;

const NO_SUCH_STREAM = 2;
const REGISTER = 'redrive-incarnation';
/** Above any offset: the broker forgets stored offsets that its retention has passed. */
const INCARNATION_MIN = 2n ** 62n;
const INCARNATION_RANDOM_BYTES = 7;
const HASH_LENGTH = 16;

/**
 * Tells a stream of dead letters from one of the same name that was deleted: there offsets begin anew, and the sequences of the
 * lanes would hide them. A random number, kept where it ends with the stream: as the stored offset of a consumer that is none.
 */
export async function incarnationOf(
  { client, stream }: { readonly client: StreamClient; readonly stream: string },
  mayCreate: boolean,
): Promise<bigint | undefined> {
  const key = { client, stream, consumerName: REGISTER };
  const known = await queryOffset(key);
  if (known !== undefined || !mayCreate) return known;
  const random = BigInt(`0x${randomBytes(INCARNATION_RANDOM_BYTES).toString('hex')}`);
  return await storedOffset(key, INCARNATION_MIN + random);
}

interface LaneOptions {
  readonly client: StreamClient;
  readonly incarnation: bigint | undefined;
  readonly declare?: Declare;
  /** Dead letters are picked out, not taken in their order. */
  readonly picked?: boolean;
}

/** Opens lanes, each once. */
export function openLanes({ client, incarnation, declare = declarePublisher, picked = false }: LaneOptions) {
  const lanes = new Map<string, Promise<Lane>>();
  const open = async (stream: string, functionName: string): Promise<Lane> => {
    // Names of functions may be of any length and script, references not.
    const hash = createHash('sha256').update(functionName).digest('hex').slice(0, HASH_LENGTH);
    const reference = `redrive-${incarnation?.toString(HASH_LENGTH)}-${hash}`;
    let problem: string | undefined;
    let doneBefore: bigint | undefined;
    try {
      doneBefore = await queryPublisherSequence({ client, stream, reference });
      if (incarnation === undefined || picked) doneBefore = 0n;
    } catch (error) {
      problem = laneProblem(error, stream);
    }
    return {
      get doneBefore() {
        return problem === undefined ? doneBefore : undefined;
      },
      get problem() {
        return problem;
      },
      async publish(entries) {
        try {
          const publisher = await declare({ client, stream, ...(picked ? {} : { reference }) });
          const ids = entries.map(({ offset }) => offset + 1n);
          const messages = entries.map(({ bytes }) => bytes);
          await publisher.publish(messages, picked ? undefined : ids);
          await publisher.close();
        } catch (error) {
          problem = laneProblem(error, stream);
        }
      },
    };
  };
  return (stream: string, functionName: string): Promise<Lane> => {
    const key = JSON.stringify([stream, functionName]);
    const known = lanes.get(key) ?? open(stream, functionName);
    lanes.set(key, known);
    return known;
  };
}

/** @throws what ends the client, and with it the run */
function laneProblem(error: unknown, stream: string): string {
  if (!(error instanceof StreamClientError)) throw error;
  if (error.responseCode === NO_SUCH_STREAM) return `its stream ${stream} is gone`;
  if (error.code === 'invalid_argument') return 'the name of its stream is none';
  if (error.code === 'refused' || error.code === 'message_too_large') return `${stream}: ${error.message}`;
  throw error;
}
