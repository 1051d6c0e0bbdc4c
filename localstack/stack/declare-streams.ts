import { PermanentError } from '../../shared/errors.ts';
import type { Topology } from '../../shared/topology/topology-schema.ts';
import { applyTopology } from '../topology/apply-topology.ts';
import type { BrokerEndpoints } from './infrastructure.ts';
import type { StackOptions } from './start-stack.ts';

/** The streams and bindings of functions/topology.yml; consumers and devices wait for them. */
export async function declareStreams(
  broker: BrokerEndpoints,
  topology: Topology,
  options: StackOptions,
): Promise<void> {
  const { progress, warn, signal, functions } = options;
  const applied = await applyTopology({
    streamUrl: broker.stream,
    managementUrl: broker.management,
    topology,
    logger: quietLogger('topology', warn),
    ...(signal === undefined ? {} : { signal }),
  }).catch((error: unknown) => {
    // Whoever is to settle it needs the broker.
    if (functions || !(error instanceof PermanentError) || error.code !== 'topology_conflict') throw error;
    warn(error.message);
  });
  if (applied === undefined) return;
  const { created, repaired, updated } = applied;
  if (created.length > 0) progress.done('streams', `created: ${created.length}`);
  if (repaired.length + updated.length > 0) progress.done('streams', `mended: ${[...repaired, ...updated].join(', ')}`);
}

/** Warnings of a part of this process go where the stack's go. */
export function quietLogger(who: string, warn: (message: string) => void) {
  const say = (message: string, fields?: object) =>
    warn(`${who}: ${message}${fields ? ` ${JSON.stringify(fields)}` : ''}`);
  // Its start is no news; that it is connected again after an outage is.
  const back = (message: string, fields?: object) => {
    if (fields && 'afterMs' in fields) say(message, fields);
  };
  return { debug: () => undefined, info: back, warn: say, error: say };
}
