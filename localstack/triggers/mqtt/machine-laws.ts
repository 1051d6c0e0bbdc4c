import type { ModelRecord, Moment, Trace } from './machine-model.ts';
import type { Input, Output } from './machine-types.ts';

/** Holds of every history that the machine can go through. */
export type Law = (trace: Trace) => boolean;
type Made<T extends Output<ModelRecord>['type']> = Extract<Output<ModelRecord>, { type: T }>;
type Happened<T extends Input<ModelRecord>['type']> = Extract<Input<ModelRecord>, { type: T }>;

function made<T extends Output<ModelRecord>['type']>(moments: readonly Moment[], type: T): Made<T>[] {
  return moments.flatMap(({ outputs }) => outputs).filter((output): output is Made<T> => output.type === type);
}

function happened<T extends Input<ModelRecord>['type']>(moments: readonly Moment[], type: T): Happened<T>[] {
  return moments.map(({ input }) => input).filter((input): input is Happened<T> => input.type === type);
}

const ascending = (numbers: readonly number[]) =>
  numbers.every((n, index) => index === 0 || n > (numbers[index - 1] ?? 0));
const indexOf = (moments: readonly Moment[], type: string) => {
  const at = moments.findIndex(({ input }) => input.type === type);
  return at < 0 ? moments.length : at;
};
/** Goes through the moments with what tells whether a message is in a session that the broker keeps. */
function withKept(
  { moments, scenario }: Trace,
  holds: (moment: Moment, isKept: (record: ModelRecord) => boolean) => boolean,
): boolean {
  let sessionStart = 1;
  const isKept = ({ qos, connection }: ModelRecord) =>
    qos === 1 && scenario.options.persistent && connection >= sessionStart;
  return moments.every((moment) => {
    const { input } = moment;
    if (input.type === 'connected' && !input.resumed) sessionStart = input.connection;
    return holds(moment, isKept);
  });
}
const QUEUED_FATES = ['overflow', 'too_large', 'retained', 'stopped'];

export const laws: Record<string, Law> = {
  'every message has exactly one fate': ({ moments }) => {
    const came = happened(moments, 'message').map(({ record }) => record.id);
    const fates = made(moments, 'finished').map(({ record }) => record.id);
    return (
      fates.length === came.length && new Set(fates).size === fates.length && came.every((id) => fates.includes(id))
    );
  },
  'QoS 1 is acknowledged only after a success, a confirmed failure message, a refusal, or giving up without a failure topic':
    ({ moments, scenario }) => {
      const settled = new Set<number>();
      return moments.every(({ input, outputs }) => {
        if (input.type === 'settled' && input.failure === undefined) settled.add(input.id);
        if (input.type === 'published') settled.add(input.id);
        if (input.type === 'message' && input.record.refused !== undefined) settled.add(input.record.id);
        for (const output of outputs) {
          if (output.type === 'finished' && output.fate === 'given_up' && !scenario.options.failureTopic) {
            settled.add(output.record.id);
          }
        }
        return outputs.every((output) => output.type !== 'ack' || settled.has(output.record.id));
      });
    },
  'acknowledgements go back on their own live connection, once, in the order of arrival': ({ moments }) => {
    let connection = 0;
    let last = 0;
    return moments.every(({ input, outputs }) => {
      if (input.type === 'connected') connection = input.connection;
      if (input.type === 'lost') connection = 0;
      return outputs.every((output) => {
        if (output.type !== 'ack') return true;
        const inOrder = output.record.connection === connection && output.record.qos === 1 && output.record.id > last;
        last = output.record.id;
        return inOrder;
      });
    });
  },
  'what succeeded is acknowledged when its connection lasts': ({ moments, stopped }) => {
    if (stopped || happened(moments, 'lost').length > 0) return true;
    const acknowledged = new Set(made(moments, 'ack').map(({ record }) => record.id));
    return made(moments, 'finished').every(({ record }) => record.qos === 0 || acknowledged.has(record.id));
  },
  'never more than maximumConcurrency in flight': ({ moments, scenario }) => {
    let inFlight = 0;
    return moments.every(({ input, outputs }) => {
      if (input.type === 'settled') inFlight -= 1;
      inFlight += outputs.filter(({ type }) => type === 'invoke').length;
      return inFlight <= scenario.options.maximumConcurrency;
    });
  },
  'QoS 0 is dropped for want of room only when the queue is full, and the newest is': ({ moments, scenario }) =>
    moments.every(({ input, outputs, counts }) =>
      outputs.every((output) => {
        if (output.type !== 'finished' || output.fate !== 'overflow') return true;
        const newest = input.type === 'message' && input.record.id === output.record.id && output.record.qos === 0;
        return newest && counts.waiting >= scenario.options.maximumQueueLength;
      }),
    ),
  'no more QoS 0 wait than maximumQueueLength': ({ moments, scenario }) => {
    const waiting = new Set<number>();
    return moments.every(({ input, outputs }) => {
      if (input.type === 'message' && input.record.qos === 0) waiting.add(input.record.id);
      for (const output of outputs) {
        if (output.type === 'invoke' || output.type === 'finished') waiting.delete(output.record.id);
      }
      return waiting.size <= scenario.options.maximumQueueLength;
    });
  },
  'no more QoS 1 are read than pauseAt while nothing is published': ({ moments, scenario }) => {
    const owed = new Set<number>();
    const publishing = new Set<number>();
    return moments.every(({ input, outputs, counts }) => {
      if (input.type === 'lost' || input.type === 'connected') owed.clear();
      if (input.type === 'message' && input.record.qos === 1) owed.add(input.record.id);
      if (input.type === 'published' || input.type === 'publishFailed') publishing.delete(input.id);
      const read = input.type === 'message' && publishing.size === 0 && counts.phase === 'running';
      const over = read && owed.size > scenario.options.pauseAt;
      for (const output of outputs) {
        if (output.type === 'publishFailure') publishing.add(output.record.id);
        if (output.type === 'ack' || (output.type === 'finished' && output.fate === 'left'))
          owed.delete(output.record.id);
      }
      return !over;
    });
  },
  'messages are first invoked in the order of arrival': ({ moments }) => {
    const seen = new Set<number>();
    const first = made(moments, 'invoke').flatMap(({ record: { id } }) => {
      if (seen.has(id)) return [];
      seen.add(id);
      return [id];
    });
    return ascending(first);
  },
  'QoS 0 is invoked once; QoS 1 no more often than its attempts that count': ({ moments, scenario }) => {
    const counted = new Map<number, number>();
    return moments.every(({ input, outputs }) => {
      if (input.type === 'settled' && input.failure?.retriable !== true) {
        counted.set(input.id, (counted.get(input.id) ?? 0) + 1);
      }
      return outputs.every((output) => {
        if (output.type !== 'invoke') return true;
        const before = counted.get(output.record.id) ?? 0;
        if (output.record.qos === 0) return before === 0 && output.attempt === 1;
        return before < scenario.options.maximumAttempts && output.attempt === before + 1;
      });
    });
  },
  'a failed message is not attempted again before its delay is over': ({ moments }) => {
    const dueMs = new Map<number, number>();
    return moments.every(({ outputs, nowMs }) =>
      outputs.every((output) => {
        if (output.type === 'retry') dueMs.set(output.record.id, nowMs + output.delayMs);
        return output.type !== 'invoke' || nowMs >= (dueMs.get(output.record.id) ?? 0);
      }),
    );
  },
  'refused messages are never invoked': ({ moments }) =>
    made(moments, 'invoke').every(({ record }) => record.refused === undefined),
  'what the broker sends again is not begun from the old connection': ({ moments }) => {
    let live = 0;
    let sessionStart = 1;
    return moments.every(({ input, outputs }) => {
      if (input.type === 'connected') {
        live = input.connection;
        if (!input.resumed) sessionStart = live;
      }
      return outputs.every((output) => {
        if (output.type !== 'invoke' || output.record.qos === 0) return true;
        return output.record.connection === live || output.record.connection < sessionStart;
      });
    });
  },
  'nothing of a kept session is begun while there is no connection': (trace) => {
    let up = false;
    return withKept(trace, ({ input, outputs }, isKept) => {
      if (input.type === 'connected') up = true;
      if (input.type === 'lost') up = false;
      return outputs.every((output) => up || output.type !== 'invoke' || !isKept(output.record));
    });
  },
  'after stop no QoS 1 message of a kept session is begun': (trace) => {
    let stopping = false;
    return withKept(trace, ({ input, outputs }, isKept) => {
      stopping ||= input.type === 'stop';
      return !stopping || outputs.every((output) => output.type !== 'invoke' || !isKept(output.record));
    });
  },
  'what is left is what the broker keeps and sends again': (trace) =>
    withKept(trace, ({ outputs }, isKept) =>
      outputs.every((output) => output.type !== 'finished' || output.fate !== 'left' || isKept(output.record)),
    ),
  'what nobody sends again is either begun or counted as dropped': ({ moments }) => {
    const begun = new Set(made(moments, 'invoke').map(({ record }) => record.id));
    return made(moments, 'finished').every(({ fate, record }) => fate !== 'unfinished' || begun.has(record.id));
  },
  'after giving up on the drain nothing is begun': ({ moments }) =>
    moments
      .slice(indexOf(moments, 'abandon'))
      .every(({ outputs }) => outputs.every(({ type }) => !['invoke', 'publishFailure', 'retry'].includes(type))),
  'stopped is said once, when all have their fate, and nothing follows but fates': ({ moments, stopped }) => {
    if (!stopped) return made(moments, 'stopped').length === 0;
    const at = moments.findIndex(({ outputs }) => outputs.some(({ type }) => type === 'stopped'));
    const after = moments.slice(at + 1).flatMap(({ outputs }) => outputs);
    return at >= 0 && after.every(({ type }) => type === 'finished');
  },
  'nobody waits while an invocation is free': ({ moments, scenario: { options } }) => {
    // Of the simple histories: QoS 0 only, where nothing is held or delayed.
    if (happened(moments, 'message').some(({ record }) => record.qos === 1)) return true;
    return moments.every(({ counts }) => counts.waiting === 0 || counts.inFlight === options.maximumConcurrency);
  },
  'without stop or loss only overflow, refusal, failure and giving up keep a message from success': ({
    moments,
    stopped,
  }) =>
    stopped ||
    made(moments, 'finished').every(
      ({ fate, record }) =>
        fate !== 'stopped' &&
        fate !== 'unfinished' &&
        (fate !== 'left' || record.qos === 1) &&
        (fate !== 'failed' || record.qos === 0),
    ),
  'what is dropped was never begun': ({ moments }) => {
    const begun = new Set(made(moments, 'invoke').map(({ record }) => record.id));
    return made(moments, 'finished').every(({ fate, record }) => !QUEUED_FATES.includes(fate) || !begun.has(record.id));
  },
};
