import { PermanentError } from '../../shared/errors.ts';
import type { TriggerResources } from '../triggers/trigger-kinds.ts';
import { triggerKinds } from '../triggers/trigger-kinds.ts';
import { readTriggers, type Trigger } from '../triggers/triggers.ts';
import type { Service, WorkerFunction } from './service.ts';
import { isTree } from './variables.ts';

const SHARED_FILTER = '$share/';

function isTriggerKind(kind: string): boolean {
  return Object.hasOwn(triggerKinds, kind);
}

/** Keys of the functions that a worker can run, each with the kinds of its event sources. */
function runnableFunctions(service: Service): ReadonlyMap<string, readonly string[]> {
  const kinds = service.functions.map((key) => [key, service.eventKinds(key).filter(isTriggerKind)] as const);
  return new Map(kinds.filter(([, found]) => found.length > 0));
}

function listOf(service: Service): string {
  const runnable = [...runnableFunctions(service)].map(([key, kinds]) => `  ${key} (${kinds.join(', ')})`);
  if (runnable.length === 0) return 'No function of this service has an event source.';
  return `Functions with an event source:\n${runnable.join('\n')}`;
}

/**
 * The function with this key, if it has an event source that a worker can run.
 * @throws PermanentError `worker_function` that lists the functions there are; `service_*`
 */
export function workerFunction(service: Service, key: string): WorkerFunction {
  const fail = (what: string) => new PermanentError('worker_function', `${what}\n${listOf(service)}`);
  if (!service.functions.includes(key))
    throw fail(`There is no function '${key}' in ${service.folder}/serverless.yml.`);
  const kinds = service.eventKinds(key);
  if (kinds.length === 0) throw fail(`Function '${key}' has no events: nothing would ever invoke it.`);
  if (!kinds.some(isTriggerKind)) {
    throw fail(`Function '${key}' has only ${kinds.join(', ')} events; a worker runs event sources without HTTP.`);
  }
  return service.read(key);
}

/**
 * The function's event sources, checked as the plugin checks them, ready to start.
 * @throws TriggerOptionsError with every wrong option
 * @throws PermanentError `worker_disabled` when each of them says `enabled: false`
 */
export function workerTriggers(definition: WorkerFunction, resources: TriggerResources): Trigger[] {
  const { key, timeoutS, events } = definition;
  const triggers = readTriggers(
    {
      provider: {},
      getAllFunctions: () => [key],
      getFunction: () => (timeoutS === undefined ? {} : { timeout: timeoutS }),
      getAllEventsInFunction: () => events,
    },
    resources,
  );
  if (triggers.length > 0) return triggers;
  throw new PermanentError(
    'worker_disabled',
    `Every event source of function '${key}' is disabled: its option 'enabled' is false here, perhaps by a HEARTLINE_… variable that is set in this shell.`,
  );
}

/**
 * An MQTT subscription belongs to one client: each of several replicas gets every message, unless the broker shares it out.
 * Undefined: the function may have as many replicas as one likes.
 */
export function onlyOneReplica({ key, events }: WorkerFunction): string | undefined {
  const subscriptions = events.map((event) => event['mqtt']).filter(isTree);
  const alone = subscriptions.find(
    ({ topic, enabled }) => enabled !== false && !String(topic).startsWith(SHARED_FILTER),
  );
  if (alone === undefined) return undefined;
  const { topic } = alone;
  return `Function '${key}' subscribes to '${topic}' by MQTT: each replica would get, and handle, every message. Run one replica, subscribe to '${SHARED_FILTER}<group>/${topic}' where the broker has shared subscriptions (RabbitMQ has none), or read a stream.`;
}
