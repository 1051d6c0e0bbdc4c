import { TransientError } from '../errors.ts';
import { batchHandler, type StreamHandler } from '../stream/batch-handler.ts';
import { type Telemetry, telemetry } from '../telemetry.ts';
import type { Alerter } from './alerter.ts';
import type { Arrival } from './evaluate.ts';
import { readVitals } from './read-vitals.ts';

/**
 * A handler of stream `vitals`, for `checkpoint: handler`. A record has no trace, schema or log line of its own: judging a
 * reading takes a thousandth of a millisecond.
 */
export const vitalsHandler = (
  name: string,
  alerter: () => Promise<Alerter>,
  to: () => Telemetry = telemetry,
): StreamHandler =>
  batchHandler<readonly [offset: bigint, arrival: Arrival]>(
    {
      name,
      stage: 'vitals',
      read(record) {
        const found = readVitals(record);
        return 'refusal' in found ? found : { taken: [BigInt(record.kinesis.sequenceNumber), found] };
      },
      async apply(arrivals, trail) {
        const { checkpoint } = trail;
        if (checkpoint === undefined) {
          throw new TransientError(
            'no_checkpoint',
            'The trigger gives no epoch: it needs the option checkpoint: handler.',
          );
        }
        const { recordMetric: recordLater } = to().metrics;
        await (await alerter()).take({ ...checkpoint, arrivals }, { ...trail, recordLater });
        return [];
      },
    },
    to,
  );
