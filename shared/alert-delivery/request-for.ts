import { alertmanagerRequest } from './alertmanager.ts';
import { pagerdutyRequest } from './pagerduty.ts';
import type { HttpChannel } from './read-channels.ts';
import type { OutgoingRequest } from './send-request.ts';
import type { Notice } from './told-alert.ts';
import { webhookRequest } from './webhook.ts';

/** What a channel is sent of a notice. `kept`: what a webhook was sent of it before. @throws PermanentError `webhook_secret` */
export function requestFor(channel: HttpChannel, notice: Notice, nowMs: number, kept?: string): OutgoingRequest {
  switch (channel.type) {
    case 'webhook':
      return webhookRequest(channel, notice, nowMs, kept);
    case 'pagerduty':
      return pagerdutyRequest(channel, notice);
    case 'alertmanager':
      return alertmanagerRequest(channel, notice.alert, nowMs);
  }
}
