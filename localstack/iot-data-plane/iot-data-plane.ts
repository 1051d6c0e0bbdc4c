import type { IotDataPlane, IotDataPlaneOptions } from './types.ts';

/**
 * The AWS IoT Core data plane on this machine, in front of an MQTT 5 broker. Resolves as soon as it listens; while the
 * broker is away it answers ServiceUnavailableException and keeps trying to connect.
 * @throws Error with code EADDRINUSE when the port is taken.
 */
export async function startIotDataPlane(options: IotDataPlaneOptions): Promise<IotDataPlane> {
  throw new Error(`not there yet: ${options.host}`);
}
