// Promise: what a station shows is known to have been told; told twice, or late, it changes nothing.
import { receiptHandler } from '../../shared/alert-delivery/receipt-handler.ts';

export const handler = receiptHandler({ name: 'take-receipt', stage: 'alerts' });
