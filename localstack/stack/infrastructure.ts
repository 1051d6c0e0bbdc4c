import type { NewStack } from '../../shared/stack-file.ts';
import { freePort } from '../services/ports.ts';
import { postgresService } from '../services/postgres.ts';
import { rabbitmqService } from '../services/rabbitmq.ts';
import type { RunningService } from '../services/service.ts';
import { obtainPostgres } from '../setup/obtain-postgres.ts';
import { obtainRabbitmq } from '../setup/obtain-rabbitmq.ts';
import type { Progress } from '../setup/progress.ts';
import { requirePgmq } from './given-database.ts';
import type { StackPorts } from './stack-ports.ts';

export type BrokerEndpoints = NonNullable<NewStack['endpoints']['rabbitmq']>;

/** Services given by URL. */
export interface Given {
  postgres?: string | undefined;
  rabbitmq?: BrokerEndpoints | undefined;
}

interface InfrastructureOptions {
  home: string;
  ports: StackPorts;
  given: Given;
  progress: Progress;
}

/** Remembers a started service, so that it is stopped with the stack. */
export type Keep = <T>(service: RunningService<T>) => RunningService<T>;

/** The database's URL: the given one if it is fit, else that of the embedded Postgres. */
export async function startDatabase(
  { home, ports, given, progress }: InfrastructureOptions,
  keep: Keep,
): Promise<string> {
  if (given.postgres !== undefined) {
    const version = await requirePgmq(given.postgres);
    progress.done('postgres', `${version}, given`);
    return given.postgres;
  }
  const programs = await obtainPostgres(progress);
  const running = keep(await postgresService({ programs, home, port: ports.postgres }).start());
  progress.done('postgres', `${running.version} with pgmq on 127.0.0.1:${ports.postgres}`);
  return running.endpoints.url;
}

export async function startBroker(
  { home, ports, given, progress }: InfrastructureOptions,
  keep: Keep,
): Promise<BrokerEndpoints> {
  if (given.rabbitmq !== undefined) {
    progress.done('rabbitmq', 'given');
    return given.rabbitmq;
  }
  const program = await obtainRabbitmq(progress);
  const [distribution, epmd] = await Promise.all([freePort(), freePort()]);
  const { amqp, mqtt, webMqtt, stream, management, brokerMetrics } = ports;
  const brokerPorts = { amqp, mqtt, webMqtt, stream, management, prometheus: brokerMetrics, distribution, epmd };
  const running = keep(await rabbitmqService({ program, home, ports: brokerPorts }).start());
  const { prometheus, ...endpoints } = running.endpoints;
  progress.done(
    'rabbitmq',
    `${running.version}: MQTT ${mqtt}, Web MQTT ${webMqtt}, streams ${stream}, page ${management}`,
  );
  return { ...endpoints, metrics: prometheus };
}
