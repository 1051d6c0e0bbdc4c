import { silentLogger } from '../triggers/silent-logger.ts';
import { encodeMessage } from '../triggers/stream-client/encode-message.ts';
import { queryOffset } from '../triggers/stream-client/offsets.ts';
import type { TestStreamBroker } from '../triggers/stream-client/test-stream-broker.ts';
import { type DeadLetter, deadLetterMessage } from '../triggers/stream-publisher/dead-letter.ts';
import type { Declare } from './lanes.ts';
import { redrive } from './redrive.ts';
import { redriveOptions } from './redrive-options.ts';

/** A dead letter of a record whose content is `text`. */
export function letter(text: string, other: Partial<DeadLetter> = {}): Buffer {
  return deadLetterMessage({
    bytes: encodeMessage({ content: Buffer.from(text), applicationProperties: { id: text } }),
    partition: 'raw-0',
    offset: 7n,
    timestampMs: 1_000,
    functionName: 'store',
    condition: 'RetryAttemptsExhausted',
    attempts: 3,
    failure: { code: 'db_down', name: 'TransientError', message: 'no database' },
    atMs: 2_000,
    ...other,
  });
}

/** A stream of dead letters of its own, and what is done with it as the command does. */
export async function deadLetters(broker: TestStreamBroker, from: string, letters: readonly Buffer[]) {
  await broker.createStream(from);
  if (letters.length > 0) await broker.publish(from, letters);
  const run = async (args: string[] = [], { url = broker.url, declare }: { url?: string; declare?: Declare } = {}) => {
    const options = redriveOptions(['--from', from, ...args]);
    if ('wrong' in options) throw new Error(options.wrong);
    const lines: string[] = [];
    const print = (line: string) => void lines.push(line);
    const code = await redrive(options, {
      url,
      print,
      logger: silentLogger,
      ...(declare === undefined ? {} : { declare }),
    });
    return { code, lines, text: lines.join('\n') };
  };
  const position = async () => {
    const client = await broker.connect();
    const stored = await queryOffset({ client, stream: from, consumerName: 'redrive' });
    await client.close();
    return stored;
  };
  return { run, position };
}
