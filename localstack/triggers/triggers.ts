import type { EventSource } from './event-source.ts';
import { type OptionFault, TriggerOptionsError } from './option-faults.ts';
import type { Serverless } from './serverless-types.ts';
import type { TriggerRun } from './trigger-kind.ts';
import { prepareTrigger, type TriggerKindName, type TriggerResources, triggerKinds } from './trigger-kinds.ts';

/** serverless-offline's and Lambda's default function time-outs differ (6 s, 3 s); what runs here is the former. */
const FUNCTION_TIMEOUT_DEFAULT_S = 6;
const MS_PER_S = 1_000;

/** A trigger of serverless.yml, checked and ready to start. */
export interface Trigger {
  readonly functionName: string;
  readonly label: string;
  readonly timeoutMs: number;
  start(run: TriggerRun): Promise<EventSource>;
}

/**
 * Reads all triggers of all functions; disabled ones are checked and left out.
 * @throws TriggerOptionsError with every fault of every trigger.
 */
export function readTriggers(service: Serverless['service'], resources: TriggerResources): Trigger[] {
  const triggers: Trigger[] = [];
  const faults: OptionFault[] = [];
  const names = Object.keys(triggerKinds) as TriggerKindName[];
  for (const functionName of service.getAllFunctions()) {
    const timeoutS =
      service.getFunction(functionName).timeout ?? service.provider.timeout ?? FUNCTION_TIMEOUT_DEFAULT_S;
    for (const [index, event] of (service.getAllEventsInFunction(functionName) ?? []).entries()) {
      for (const name of names) {
        if (!Object.hasOwn(event, name)) continue;
        const label = `${name} (events[${index}])`;
        const result = prepareTrigger(name, resources, event[name], timeoutS);
        if (!result.ok) {
          faults.push(...result.faults.map((fault) => ({ ...fault, function: functionName, trigger: label })));
        } else if (result.enabled && result.start === undefined) {
          const allowed = 'a kind of trigger that the host of the plugin hands resources in for';
          faults.push({ function: functionName, trigger: label, option: '(kind)', found: name, allowed });
        } else if (result.enabled && result.start !== undefined) {
          triggers.push({ functionName, label, timeoutMs: timeoutS * MS_PER_S, start: result.start });
        }
      }
    }
  }
  if (faults.length > 0) throw new TriggerOptionsError(faults);
  return triggers;
}
