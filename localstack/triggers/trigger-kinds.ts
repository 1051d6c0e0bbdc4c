import type { EventSource } from './event-source.ts';
import { mqttTrigger } from './mqtt/mqtt-trigger.ts';
import { pgmqTrigger } from './pgmq/pgmq-trigger.ts';
import { rabbitmqStreamTrigger } from './stream/rabbitmq-stream-trigger.ts';
import type { PreparedTrigger, RefusedOptions, TriggerKind, TriggerRun } from './trigger-kind.ts';

/** Every kind of trigger the plugin knows, by its name in serverless.yml. A new one is its file and a line here. */
export const triggerKinds = {
  mqtt: mqttTrigger,
  pgmq: pgmqTrigger,
  rabbitmqStream: rabbitmqStreamTrigger,
};

type Kinds = typeof triggerKinds;
export type TriggerKindName = keyof Kinds;
type ResourcesOf<Name extends TriggerKindName> = Kinds[Name] extends TriggerKind<infer Resources> ? Resources : never;

/** What the host hands in for each kind; only kinds that serverless.yml uses are needed. */
export type TriggerResources = { readonly [Name in TriggerKindName]?: ResourcesOf<Name> };

const kindsByName: { readonly [Name in TriggerKindName]: TriggerKind<ResourcesOf<Name>> } = triggerKinds;

type Start = (run: TriggerRun) => Promise<EventSource>;
/** `start` is undefined when the host has handed in nothing for the kind. */
export type BoundTrigger =
  | RefusedOptions
  | { readonly ok: true; readonly enabled: boolean; readonly start: Start | undefined };

/** Prepares a trigger of the named kind with the host's resources for it; opens nothing. */
export function prepareTrigger<Name extends TriggerKindName>(
  name: Name,
  all: TriggerResources,
  rawOptions: unknown,
  functionTimeoutS: number,
): BoundTrigger {
  const result: PreparedTrigger<ResourcesOf<Name>> = kindsByName[name].prepare(rawOptions, functionTimeoutS);
  const resources: ResourcesOf<Name> | undefined = all[name];
  if (!result.ok) return result;
  const start: Start | undefined = resources === undefined ? undefined : (run) => result.start(resources, run);
  return { ok: true, enabled: result.enabled, start };
}
