import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { apiPassage } from './api-passage.ts';
import { mqttPassage } from './mqtt-passage.ts';
import { tellProblem } from './problem.ts';
import { SECURITY_HEADERS, staticFiles } from './static-files.ts';

export interface StationOptions {
  host?: string;
  /** 0: any that is free. */
  port: number;
  /** The built pages (build-station.ts). */
  folder: string;
  /** The HTTP API. */
  apiUrl: string;
  /** The broker's MQTT over WebSocket. */
  webMqttUrl: string;
  /** What the page is called. */
  title?: string;
}

export interface StationServer {
  url: string;
  close(): Promise<void>;
}

const LOOPBACK = '127.0.0.1';
const API = '/api';

/** Serves the nurse station so that pages, API and live data are of one origin: nothing has to be let across origins. */
export async function startStation(options: StationOptions): Promise<StationServer> {
  const { host = LOOPBACK, port, folder, apiUrl, webMqttUrl, title = 'Heartline' } = options;
  const serveFile = await staticFiles(folder);
  const passToApi = apiPassage(apiUrl);
  const passToBroker = mqttPassage(webMqttUrl);
  const tunnels = new Set<Duplex>();
  const server = createServer((request, answer) => {
    const { url = '/', method } = request;
    const path = url.split('?', 1)[0] ?? '/';
    if (path.startsWith(`${API}/`)) return passToApi(request, answer, url.slice(API.length));
    if (path === '/config.json' && method === 'GET') {
      answer.writeHead(200, { ...SECURITY_HEADERS, 'content-type': 'application/json', 'cache-control': 'no-store' });
      return answer.end(JSON.stringify({ title }));
    }
    if (!serveFile(request, answer, path)) tellProblem(answer, 'not_found');
  });
  server.on('upgrade', (request, client, head) => {
    if (request.url !== '/mqtt') return client.destroy();
    tunnels.add(client);
    client.once('close', () => tunnels.delete(client));
    passToBroker(request, client, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, resolve);
  });
  return {
    url: `http://${host}:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const tunnel of tunnels) tunnel.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
