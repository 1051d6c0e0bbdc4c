// Promise: 202 says that the alert is stored in the stream; it will be stored once, and staff told once, however often it is sent.

import { z } from 'zod';
import { DEVICES } from '../../shared/access/principal.ts';
import { alertMessage, eventIdSchema } from '../../shared/alerts/alert-message.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { STREAM_PROBLEMS } from '../../shared/http/problem.ts';
import { topicLevelSchema } from '../../shared/mqtt/device-topic.ts';
import { publishToStream } from '../../shared/stream/process-publisher.ts';

const STAGE = 'at-least-once';
const STREAM = 'alerts.raw';

export const handler = httpHandler({
  name: 'stream-alert',
  stage: STAGE,
  method: 'POST',
  access: DEVICES,
  body: alertMessage.extend({ ward: topicLevelSchema, patientId: topicLevelSchema }),
  answers: { 202: z.strictObject({ eventId: eventIdSchema }) },
  problems: STREAM_PROBLEMS,
  async respond({ body: alert, traceparent, recordMetric }) {
    const { eventId, patientId, ward } = alert;
    const startedAt = performance.now();
    const properties = { eventId, traceparent };
    await publishToStream(STREAM, { partitionBy: ward, key: patientId, value: alert, properties });
    recordMetric('producer_latency_ms', performance.now() - startedAt, { stage: STAGE });
    recordMetric('producer_sent_msgs', 1, { stage: STAGE });
    return { status: 202, body: { eventId }, logged: { eventId, patientId } };
  },
});
