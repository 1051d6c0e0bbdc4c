import { freePort } from '../../localstack/services/ports.ts';
import { PORTS, type PortName } from '../../shared/config-schema.ts';

/** A port that nobody listens on for everything that a stack listens on. */
export async function ownPorts(): Promise<Record<PortName, number>> {
  const ports = await Promise.all(Object.keys(PORTS).map(async (name) => [name, await freePort()] as const));
  return Object.fromEntries(ports) as Record<PortName, number>;
}

/** The environment that sets these ports. */
export function portSettings(ports: Record<PortName, number>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ports).map(([name, port]) => [PORTS[name as PortName].variable, String(port)]),
  );
}
