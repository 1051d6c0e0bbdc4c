import { join } from 'node:path';
import { PermanentError } from '../../shared/errors.ts';
import { freePort, requireFreePort } from '../services/ports.ts';
import type { Given } from './infrastructure.ts';

/** Every port that a stack listens on. */
export interface StackPorts {
  http: number;
  lambda: number;
  websocket: number;
  metrics: number;
  postgres: number;
  amqp: number;
  mqtt: number;
  webMqtt: number;
  stream: number;
  management: number;
  brokerMetrics: number;
  iot: number;
  nurseStation: number;
}

const DATABASE_PORTS = ['postgres'] as const;
const BROKER_PORTS = ['amqp', 'mqtt', 'webMqtt', 'stream', 'management', 'brokerMetrics'] as const;
const FUNCTION_PORTS = ['http', 'lambda', 'websocket'] as const;
const ALWAYS = ['metrics', 'iot'] as const;
const STATION_PORTS = ['nurseStation'] as const;

/** What each port is for and which setting changes it, for the error when it is taken. */
const PURPOSES: Record<keyof StackPorts, [what: string, setting: string]> = {
  http: ['the HTTP API', 'HEARTLINE_HTTP_PORT'],
  lambda: ['the Lambda API', 'HEARTLINE_LAMBDA_PORT'],
  websocket: ['the WebSocket API', 'HEARTLINE_WEBSOCKET_PORT'],
  metrics: ['metrics', 'HEARTLINE_METRICS_PORT'],
  iot: ['the IoT data plane', 'HEARTLINE_IOT_PORT'],
  nurseStation: ['the nurse station', 'HEARTLINE_NURSE_STATION_PORT'],
  postgres: ['Postgres', 'HEARTLINE_POSTGRES_PORT'],
  amqp: ['RabbitMQ (AMQP)', 'HEARTLINE_AMQP_PORT'],
  mqtt: ['RabbitMQ (MQTT)', 'HEARTLINE_MQTT_PORT'],
  webMqtt: ['RabbitMQ (MQTT over WebSocket)', 'HEARTLINE_WEB_MQTT_PORT'],
  stream: ['RabbitMQ (streams)', 'HEARTLINE_STREAM_PORT'],
  management: ['RabbitMQ (management)', 'HEARTLINE_MANAGEMENT_PORT'],
  brokerMetrics: ['RabbitMQ (metrics)', 'HEARTLINE_BROKER_METRICS_PORT'],
};

/** Checked before anything starts, so that one busy port stops the start with one clear error. */
export async function requireFreePorts(
  ports: StackPorts,
  given: Given,
  { functions, station = false }: { functions: boolean; station?: boolean },
): Promise<void> {
  const used = [
    ...ALWAYS,
    ...(given.postgres === undefined ? DATABASE_PORTS : []),
    ...(given.rabbitmq === undefined ? BROKER_PORTS : []),
    ...(functions ? FUNCTION_PORTS : []),
    ...(station ? STATION_PORTS : []),
  ];
  for (const name of used) {
    const twin = used.find((other) => other !== name && ports[other] === ports[name]);
    if (twin === undefined) continue;
    const [[what, setting], [otherWhat, otherSetting]] = [PURPOSES[name], PURPOSES[twin]];
    const message = `Port ${ports[name]} is given twice: for ${what} (${setting}) and for ${otherWhat} (${otherSetting}).`;
    throw new PermanentError('port_given_twice', message);
  }
  for (const name of used) await requireFreePort(ports[name], ...PURPOSES[name]);
}

/** Ports nobody uses at the moment, for a stack beside others: tests and labs. */
export async function freeStackPorts(): Promise<StackPorts> {
  const names = Object.keys(PURPOSES) as (keyof StackPorts)[];
  const ports = await Promise.all(names.map(() => freePort()));
  return Object.fromEntries(names.map((name, index) => [name, ports[index] ?? 0])) as unknown as StackPorts;
}

export function logFolder(home: string): string {
  return join(home, 'logs');
}
