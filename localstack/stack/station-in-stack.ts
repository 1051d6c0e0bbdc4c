import type { Progress } from '../setup/progress.ts';
import { buildStation } from '../station/build-station.ts';
import { type StationServer, startStation } from '../station/station-server.ts';

export interface StationOptions {
  readonly port: number;
  readonly progress: Progress;
  /** Both as browsers reach them: the station passes on what they say. */
  readonly apiUrl: string;
  readonly webMqttUrl: string;
}

/** The nurse station of a stack; its pages are built where they are new. */
export async function startStackStation({
  port,
  progress,
  apiUrl,
  webMqttUrl,
}: StationOptions): Promise<StationServer> {
  const folder = await buildStation(progress);
  const station = await startStation({ port, folder, apiUrl, webMqttUrl });
  progress.done('station', station.url);
  return station;
}
