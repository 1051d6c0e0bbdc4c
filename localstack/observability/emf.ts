import { METRIC_NAMESPACE } from '../../shared/observability/catalogue.ts';

/** Why a line, or part of it, was not taken. */
export type RejectReason =
  | 'too_long'
  | 'broken_json'
  | 'bad_shape'
  | 'namespace'
  | 'dimension_sets'
  | 'too_many_metrics'
  | 'too_many_values'
  | 'unknown_metric'
  | 'labels'
  | 'label_value'
  | 'value'
  | 'negative'
  | 'label_overflow';

interface EmfValue {
  readonly name: string;
  readonly values: readonly number[];
  readonly dimensions: ReadonlyMap<string, string>;
}

/** `undefined`: the line is not EMF. Otherwise what it holds, and what of it is wrong. */
export interface EmfLine {
  readonly values: readonly EmfValue[];
  readonly rejected: ReadonlySet<RejectReason>;
}

/** CloudWatch takes EMF lines of up to 1 MB; ours are under a kilobyte. A longer one is not worth the parsing. */
const LONGEST_EMF_CHARACTERS = 262_144;
/** EMF specification: 100 metrics a directive, 100 values a metric, 30 dimensions a set. One directive is what Powertools writes. */
const MOST_METRICS = 100;
const MOST_VALUES = 100;
const MOST_DIMENSIONS = 30;
const MOST_DIRECTIVES = 10;
/** How Powertools starts every EMF line: tells a broken one from a log line that quotes EMF. */
const EMF_START = '{"_aws":';

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own members only: a name such as `constructor` must not find what every object inherits. */
function own(object: Json, name: string): unknown {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function rejectedWith(reason: RejectReason): EmfLine {
  return { values: [], rejected: new Set([reason]) };
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function dimensionsOf(directive: Json, root: Json): ReadonlyMap<string, string> | RejectReason {
  const sets = own(directive, 'Dimensions');
  if (!Array.isArray(sets)) return 'bad_shape';
  // Each further set would count every value again.
  if (sets.length > 1) return 'dimension_sets';
  const names: unknown = sets[0] ?? [];
  if (!Array.isArray(names) || names.length > MOST_DIMENSIONS) return 'bad_shape';
  const dimensions = new Map<string, string>();
  for (const name of names) {
    const value = typeof name === 'string' ? own(root, name) : undefined;
    if (typeof value !== 'string') return 'label_value';
    dimensions.set(name, value);
  }
  return dimensions;
}

function numbersOf(value: unknown): readonly number[] | RejectReason {
  const values = Array.isArray(value) ? value : [value];
  if (values.length > MOST_VALUES) return 'too_many_values';
  return values.every((each): each is number => typeof each === 'number' && Number.isFinite(each)) ? values : 'value';
}

function readDirective(directive: unknown, root: Json, rejected: Set<RejectReason>): EmfValue[] {
  const fail = (reason: RejectReason) => {
    rejected.add(reason);
    return [];
  };
  if (!isObject(directive)) return fail('bad_shape');
  if (own(directive, 'Namespace') !== METRIC_NAMESPACE) return fail('namespace');
  const dimensions = dimensionsOf(directive, root);
  if (typeof dimensions === 'string') return fail(dimensions);
  const metrics = own(directive, 'Metrics');
  if (!Array.isArray(metrics)) return fail('bad_shape');
  if (metrics.length > MOST_METRICS) return fail('too_many_metrics');
  return metrics.flatMap((metric): EmfValue[] => {
    const name = isObject(metric) ? own(metric, 'Name') : undefined;
    if (typeof name !== 'string') return fail('bad_shape');
    const values = numbersOf(own(root, name));
    return typeof values === 'string' ? fail(values) : [{ name, values, dimensions }];
  });
}

/**
 * Reads a line as CloudWatch embedded metric format. Never throws; a hostile line costs at most the parsing of 256 KiB.
 * Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function readEmf(line: string): EmfLine | undefined {
  const claims = line.startsWith(EMF_START);
  if (!claims && !(line.startsWith('{') && line.includes('"_aws"'))) return undefined;
  if (line.length > LONGEST_EMF_CHARACTERS) return claims ? rejectedWith('too_long') : undefined;
  const root = parseJson(line);
  if (!isObject(root)) return claims ? rejectedWith('broken_json') : undefined;
  const aws = own(root, '_aws');
  const directives = isObject(aws) ? own(aws, 'CloudWatchMetrics') : undefined;
  if (!Array.isArray(directives)) return claims ? rejectedWith('bad_shape') : undefined;
  if (directives.length > MOST_DIRECTIVES) return rejectedWith('bad_shape');
  const rejected = new Set<RejectReason>();
  const values = directives.flatMap((directive) => readDirective(directive, root, rejected));
  return { values, rejected };
}
