import type { z } from 'zod';
import { environmentSchema } from '../../shared/config-schema.ts';
import { type Fault, faultsOf } from './faults.ts';
import type { ProjectFacts } from './project-facts.ts';
import { rulesOf } from './rules-of.ts';
import type { ConservationPaths, Expectation, experimentSchema, WorkersDefinition } from './schema.ts';

type Data = z.output<typeof experimentSchema>;

/** What an experiment refers to and the project does not have: found before anything starts, not after minutes of load. */
export function missingIn(facts: ProjectFacts, data: Data): Fault[] {
  const { load, stage, consumer, delivered, conservation, cases } = data;
  return [
    ...missing(['load', 'script'], 'load script in k6/', load.script, facts.scripts),
    ...missing(['stage'], 'stage', stage, facts.stages),
    ...(consumer === undefined ? [] : missing(['consumer'], 'function', consumer, facts.functions)),
    ...missing(['delivered'], 'path that answers GET', delivered, facts.paths),
    ...(conservation === undefined ? [] : conservationFaults(facts, data.subject, conservation)),
    ...cases.flatMap(({ name, settings, workers, expectations }, at) => [
      ...(cases.findIndex((other) => other.name === name) === at
        ? []
        : [{ path: ['cases', at, 'name'], message: `'${name}' is there twice` }]),
      ...settings.flatMap((setting, place) => settingFaults(facts, setting, ['cases', at, 'settings', place])),
      ...(workers === undefined ? [] : workerFaults(facts, workers, ['cases', at, 'workers'])),
      ...expectations.flatMap((expectation, place) =>
        comparisonFaults(expectation, cases.slice(0, at), ['cases', at, 'expectations', place]),
      ),
    ]),
  ];
}

function conservationFaults(
  { paths }: ProjectFacts,
  subject: Data['subject'],
  { report, stock }: ConservationPaths,
): Fault[] {
  const ofPurchases = { path: ['conservation'], message: 'is of purchases: say subject: purchases' };
  return [
    ...(subject === 'purchases' ? [] : [ofPurchases]),
    ...missing(['conservation', 'report'], 'path that answers GET', report, paths),
    ...missing(['conservation', 'stock'], 'path that answers GET', `${stock}/{sku}`, paths),
  ];
}

/** A case is compared with one that has been run before it. */
function comparisonFaults(
  expectation: Expectation,
  earlier: readonly { readonly name: string }[],
  path: PropertyKey[],
): Fault[] {
  return rulesOf(expectation).flatMap(([window, { timesCase }]) => {
    if (timesCase === undefined || earlier.some(({ name }) => name === timesCase.case)) return [];
    const there = earlier.map(({ name }) => name).join(', ') || 'none';
    const message = `there is no earlier case '${timesCase.case}'; there are ${there}`;
    return [{ path: [...path, window, 'timesCase', 'case'], message }];
  });
}

function missing(path: PropertyKey[], what: string, name: string, there: readonly string[]): Fault[] {
  return there.includes(name)
    ? []
    : [{ path, message: `there is no ${what} '${name}'; there are ${there.join(', ')}` }];
}

function workerFaults(facts: ProjectFacts, workers: WorkersDefinition, path: PropertyKey[]): Fault[] {
  const { function: name, service, settings } = workers;
  const functions = service === undefined ? facts.functions : facts.functionsOf(service);
  return [
    ...(functions === undefined
      ? [{ path: [...path, 'service'], message: `there is no ${service}/serverless.yml` }]
      : missing([...path, 'function'], 'function', name, functions)),
    ...settings.flatMap((setting, place) => settingFaults(facts, setting, [...path, 'settings', place])),
  ];
}

function settingFaults(
  { settings }: ProjectFacts,
  { name, value }: { name: string; value: string },
  path: PropertyKey[],
): Fault[] {
  if (!settings.includes(name)) return missing([...path, 'name'], 'setting', name, settings);
  // Of those that only a functions.yml knows, its trigger checks the value.
  const parsed = Object.hasOwn(environmentSchema.shape, name)
    ? environmentSchema.partial().safeParse({ [name]: value })
    : undefined;
  if (!parsed?.error) return [];
  return faultsOf(parsed.error).map(({ message }) => ({
    path: [...path, 'value'],
    message: `is "${value}"; allowed: ${message}`,
  }));
}
