// Promise: each accepted event is processed to its end once, or given up on with a dead letter; a patient's in their order, one at a time.
import { streamHandler } from '../../shared/handlers.ts';
import { eventRoute } from '../../shared/medical-events/event-route.ts';
import { eventWork } from '../../shared/medical-events/process-work.ts';

export const handler = streamHandler(eventRoute(eventWork));
