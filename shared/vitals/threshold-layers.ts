import { z } from 'zod';
import { readThresholds } from './threshold-document.ts';
import { DEFAULT_SCOPE, patientScope, type Scope, wardScope } from './threshold-scope.ts';
import { DEFAULT_THRESHOLDS, type EffectiveThresholds, effective, type Thresholds } from './thresholds.ts';

/** Where thresholds come from; `built-in`: nobody has set any. */
export type Source = Scope | 'built-in';

/** The scopes that may say something of a patient, from the widest to the narrowest. */
export const scopesOf = (patientId: string, ward: string | undefined): Scope[] => [
  DEFAULT_SCOPE,
  ...(ward === undefined ? [] : [wardScope(ward)]),
  patientScope(patientId),
];

type Find = (scope: Scope) => Thresholds | undefined;

function layersOf(scopes: readonly Scope[], find: Find): (readonly [Source, Thresholds])[] {
  const set = scopes.flatMap((scope) => {
    const thresholds = find(scope);
    return thresholds === undefined ? [] : [[scope, thresholds] as const];
  });
  return [['built-in', DEFAULT_THRESHOLDS], ...set];
}

/** What holds, of these scopes and what is built in. */
export const effectiveOf = (scopes: readonly Scope[], find: Find): EffectiveThresholds =>
  effective(layersOf(scopes, find).map(([, thresholds]) => thresholds));

/** Which scope each kind's limits, and the score's settings (`news2`), come from. */
function sourcesOf(scopes: readonly Scope[], find: Find): Record<string, Source> {
  const layers = layersOf(scopes, find).map(([source, { limits, news2 }]) => {
    const said = [...Object.keys(limits), ...(news2 === undefined ? [] : ['news2'])];
    return Object.fromEntries(said.map((name) => [name, source]));
  });
  return Object.assign({ news2: 'built-in' }, ...layers);
}

/** What holds for a patient as clients read it. */
export const effectiveThresholds = z.strictObject({
  patientId: z.string(),
  ward: z.string().exactOptional(),
  limits: z.record(z.string(), z.array(z.unknown())).describe('by code, as they are put'),
  news2: z.record(z.string(), z.unknown()),
  from: z.record(z.string(), z.string()).describe('the scope of each code, and of news2; built-in: nobody has set any'),
});

/** What these scopes' documents amount to; a broken one is left out, as where readings are judged. */
export function heldBy(
  patientId: string,
  ward: string | undefined,
  stored: readonly { scope: string; thresholds: unknown }[],
): z.infer<typeof effectiveThresholds> {
  const known = new Map(
    stored.flatMap(({ scope, thresholds }) => {
      const read = readThresholds(thresholds);
      return 'thresholds' in read ? [[scope, read.thresholds] as const] : [];
    }),
  );
  const find: Find = (scope) => known.get(scope);
  const scopes = scopesOf(patientId, ward);
  const { limits, news2 } = effectiveOf(scopes, find);
  const named = ward === undefined ? { patientId } : { patientId, ward };
  return { ...named, limits: copyOf(limits), news2: { ...news2 }, from: sourcesOf(scopes, find) };
}

const copyOf = (limits: EffectiveThresholds['limits']) =>
  Object.fromEntries(Object.entries(limits).map(([code, list]) => [code, [...list]]));
