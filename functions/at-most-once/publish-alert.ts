// Promise: at most once. 202 says that the alert was handed on, not that it arrives; it is never sent a second time.

import { z } from 'zod';
import { DEVICES } from '../../shared/access/principal.ts';
import { alertMessage } from '../../shared/alerts/alert-message.ts';
import { TransientError } from '../../shared/errors.ts';
import { httpHandler } from '../../shared/handlers.ts';
import { HttpError, RETRY_AFTER_S } from '../../shared/http/problem.ts';
import { publishAsDevice } from '../../shared/mqtt/device-publisher.ts';
import { formatDeviceTopic, topicLevelSchema } from '../../shared/mqtt/device-topic.ts';

const STAGE = 'at-most-once';
const body = alertMessage.extend({ ward: topicLevelSchema, bed: topicLevelSchema, patientId: topicLevelSchema });

export const handler = httpHandler({
  name: 'publish-alert',
  stage: STAGE,
  method: 'POST',
  access: DEVICES,
  body,
  answers: { 202: z.strictObject({ topic: z.string() }) },
  async respond({ body: { bed, ...alert }, traceparent, log, recordMetric }) {
    const { eventId, patientId, ward } = alert;
    const topic = formatDeviceTopic({ ward, bed, patientId, kind: 'alert' });
    const startedAt = performance.now();
    try {
      await publishAsDevice(topic, alert, { eventId, traceparent });
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      log.warn('alert not published', { eventId, patientId, error });
      throw new HttpError('temporarily_unavailable', 'The alert may be lost. Sent again, staff may be told twice.', {
        headers: { 'retry-after': String(RETRY_AFTER_S) },
      });
    }
    recordMetric('producer_latency_ms', performance.now() - startedAt, { stage: STAGE });
    recordMetric('producer_sent_msgs', 1, { stage: STAGE });
    return { status: 202, body: { topic }, logged: { eventId, patientId } };
  },
});
