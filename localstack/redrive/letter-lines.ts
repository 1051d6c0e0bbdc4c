import { isUtf8 } from 'node:buffer';
import { decodeMessage } from '../triggers/stream-client/amqp-message.ts';
import type { StreamRecord } from '../triggers/stream-client/delivery-queue.ts';
import { readDeadLetter } from '../triggers/stream-publisher/dead-letter.ts';
import { shown } from './shown.ts';

/** A record's content as far as a person reads it. */
const CONTENT_BYTES_MAX = 4_096;
const LABEL_COLUMNS = 12;
const LINE_MAX = 2_000;

/** One dead letter, whole: what was given up on, where and why, and what its record says. */
export function letterLines(record: StreamRecord): string[] {
  const letter = readDeadLetter(record);
  if ('problem' in letter) return [`✗ offset ${record.offset} is no dead letter: ${letter.problem}`];
  const { partition, offset, timestampMs, functionName, condition, attempts, failure, undecodable, atMs } = letter;
  const line = (label: string, text: string) => `${label.padEnd(LABEL_COLUMNS)}${shown(text, LINE_MAX)}`;
  return [
    line('record', `${partition}, offset ${offset}, of ${new Date(timestampMs).toISOString()}`),
    line('given up on', `by ${functionName} at ${new Date(atMs).toISOString()}, after ${attempts} attempts`),
    line('condition', condition),
    ...(failure === undefined ? [] : [line('error', `${failure.code}: ${failure.name}: ${failure.message}`)]),
    ...(undecodable === undefined ? [] : [line('no message', undecodable)]),
    ...(letter.truncatedFrom === undefined
      ? []
      : [line('cut', `${letter.bytes.length} of its ${letter.truncatedFrom} bytes are here`)]),
    ...recordLines(letter.bytes, line),
  ];
}

function recordLines(bytes: Buffer, line: (label: string, text: string) => string): string[] {
  const message = decodeMessage(bytes);
  if (message.undecodable !== undefined) return [line('bytes', `${bytes.length}`), ...contentLines(bytes)];
  const given = [...(message.messageAnnotations ?? []), ...(message.applicationProperties ?? [])];
  return [
    ...given.map(([name, value]) => line('property', `${String(name)}: ${String(value)}`)),
    line('content', `${message.content.length} bytes`),
    ...contentLines(message.content),
  ];
}

/** As text where it is text, else as hexadecimal digits. */
function contentLines(content: Buffer): string[] {
  const head = content.subarray(0, CONTENT_BYTES_MAX);
  const text = isUtf8(head) ? head.toString() : head.toString('hex');
  const lines = text.split('\n').map((part) => shown(part, CONTENT_BYTES_MAX));
  return content.length > head.length ? [...lines, `… and ${content.length - head.length} bytes more`] : lines;
}
