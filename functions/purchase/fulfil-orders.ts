// Promise: every accepted purchase is decided once, in the order of its SKU; delivered again it changes nothing.
import { streamHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { fulfil } from '../../shared/purchase/fulfil-store.ts';
import { purchaseMessage } from '../../shared/purchase/purchase-message.ts';

export const handler = streamHandler({
  name: 'fulfil-orders',
  stage: 'purchase',
  schema: purchaseMessage,
  partitionKey: ({ sku }) => sku,
  async apply(records, { log, recordMetric, checkpoint }) {
    const batch = records.map(({ message }) => message);
    const decided = await fulfil(batch, { database: database(), recordMetric, checkpoint });
    const confirmed = decided.filter(({ status }) => status === 'confirmed').length;
    const rejected = decided.length - confirmed;
    log.info('purchases decided', { confirmed, rejected, repeated: batch.length - decided.length });
    return [];
  },
});
