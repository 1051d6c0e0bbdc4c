// Promise: every reading in the stream is judged when it is there, in its patient's order; an alert event that is told again has its id again.
import { processAlerter } from '../../shared/vitals/process-alerter.ts';
import { vitalsHandler } from '../../shared/vitals/vitals-handler.ts';

export const handler = vitalsHandler('evaluate-vitals', processAlerter);
