// Promise: each change goes to every feed that it is for at least once; its number says which of two changes of an event is the later.
import { queueHandler } from '../../shared/handlers.ts';
import { queuedChange } from '../../shared/medical-events/event-change.ts';
import { pushChanges } from '../../shared/medical-events/push-changes.ts';

export const handler = queueHandler({
  name: 'push-event-changes',
  stage: 'medical-events',
  schema: queuedChange,
  apply: pushChanges,
});
