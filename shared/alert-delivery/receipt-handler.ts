import { TransientError } from '../errors.ts';
import { database } from '../postgres/process-database.ts';
import { telemetry } from '../telemetry.ts';
import { reach } from './delivery-steps.ts';
import { processChannels } from './read-channels.ts';
import { readReceipt } from './receipt.ts';
import { takeReceipt } from './receipt-store.ts';

interface ReceiptRoute {
  /** The function's name in functions.yml. */
  readonly name: string;
  readonly stage: string;
}

/**
 * A handler for what stations publish. What is no receipt is done with; one that cannot be stored for want of the database is thrown,
 * so that it comes again: without it the ward would be told of as unwatched.
 */
export function receiptHandler({ name, stage }: ReceiptRoute) {
  return async (event: unknown): Promise<{ readonly outcome: 'stored' | 'refused' }> => {
    const { log: root, metrics } = telemetry();
    const log = root.child({ function: name, stage });
    const invocation = metrics.invocation();
    const { recordMetric } = invocation;
    try {
      recordMetric('consumer_received_msgs', 1, { stage });
      const receipt = readReceipt(event);
      if (receipt === undefined) {
        recordMetric('messages_refused_total', 1, { stage, reason: 'schema' });
        log.warn('message refused: no receipt');
        return { outcome: 'refused' };
      }
      reach('receipt: read');
      const channel = processChannels().find(({ type }) => type === 'station')?.name ?? '';
      const confirmed = await takeReceipt(receipt, channel, { database: database(), recordMetric });
      reach('receipt: stored');
      log.debug('ward shown', { ...receipt, confirmed });
      return { outcome: 'stored' };
    } catch (error) {
      if (error instanceof TransientError) log.warn('receipt not stored', { error });
      throw error;
    } finally {
      invocation.flush();
    }
  };
}
