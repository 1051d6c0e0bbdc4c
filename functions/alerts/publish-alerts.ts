// Promise: each alert event in the stream changes its alert once, with who has to be told and by when; delivered again, or late, it changes nothing.
import { z } from 'zod';
import { takePulses } from '../../shared/alert-delivery/pulse-store.ts';
import { takeEvents } from '../../shared/alert-desk/alert-desk-store.ts';
import { streamHandler } from '../../shared/handlers.ts';
import { database } from '../../shared/postgres/process-database.ts';
import { alertEventSchema } from '../../shared/vitals/alert-event.ts';
import { type JudgedPulse, judgedPulse } from '../../shared/vitals/judged-pulse.ts';
import { PULSE_KEY } from '../../shared/vitals/pulse-message.ts';

const message = z.union([alertEventSchema, judgedPulse]);
const isPulse = (one: z.infer<typeof message>): one is JudgedPulse => 'pulse' in one;

export const handler = streamHandler({
  name: 'publish-alerts',
  stage: 'alerts',
  schema: message,
  partitionKey: (one) => (isPulse(one) ? PULSE_KEY : one.patientId),
  async apply(records, { log, recordMetric, checkpoint }) {
    const batch = records.flatMap(({ message: one, traceparent }) =>
      isPulse(one) ? [] : [{ event: one, traceparent }],
    );
    const pulses = records.flatMap(({ message: one }) => (isPulse(one) ? [one] : []));
    const { taken, known } = await takeEvents(batch, { database: database(), recordMetric, checkpoint });
    // Behind what was decided before them: the heart does not beat before the alerts are there.
    await takePulses(pulses, { database: database(), recordMetric });
    if (batch.length > 0) log.info('alert events taken', { taken, known });
    return [];
  },
});
