import { ensureTokenKeys } from '../../shared/access/token-keys.ts';
import type { Config } from '../../shared/config.ts';
import type { NewStack } from '../../shared/stack-file.ts';
import { freePort } from '../services/ports.ts';
import { postgresService } from '../services/postgres.ts';
import { rabbitmqService } from '../services/rabbitmq.ts';
import { rabbitmqEndpoints } from '../services/rabbitmq-endpoints.ts';
import type { RunningService } from '../services/service.ts';
import { serviceAccount } from '../services/service-account.ts';
import type { Certificates } from '../setup/local-certificates.ts';
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
  access: TokenAccess;
  /** Of every listener; undefined: they have no TLS. */
  tls?: Certificates | undefined;
  progress: Progress;
}

/** Whose tokens the broker takes; the folder holds the service account's password, too. */
export type TokenAccess = Pick<Config['access'], 'keyFolder' | 'audience'>;

/** Remembers a started service, so that it is stopped with the stack. */
export type Keep = <T>(service: RunningService<T>) => RunningService<T>;

/** The database's URL: the given one if it is fit, else that of the embedded Postgres. */
export async function startDatabase(
  { home, ports, given, tls, progress }: InfrastructureOptions,
  keep: Keep,
): Promise<string> {
  if (given.postgres !== undefined) {
    const version = await requirePgmq(given.postgres);
    progress.done('postgres', `${version}, given`);
    return given.postgres;
  }
  const programs = await obtainPostgres(progress);
  const running = keep(await postgresService({ programs, home, port: ports.postgres, tls }).start());
  progress.done('postgres', `${running.version} with pgmq on 127.0.0.1:${ports.postgres}`);
  return running.endpoints.url;
}

/** Where the broker is, or will be, and who the functions are there. */
export function brokerEndpoints({
  ports,
  given,
  access,
  tls,
}: Pick<InfrastructureOptions, 'ports' | 'given' | 'access' | 'tls'>): BrokerEndpoints {
  if (given.rabbitmq !== undefined) return given.rabbitmq;
  const { brokerMetrics, ...others } = ports;
  const own = rabbitmqEndpoints(
    { ...others, prometheus: brokerMetrics },
    serviceAccount(access.keyFolder),
    tls !== undefined,
  );
  const { prometheus, ...endpoints } = own;
  return { ...endpoints, metrics: prometheus };
}

/** The broker, which lets in who has a token of these keys, and the functions by the service account. */
export async function startBroker(options: InfrastructureOptions, keep: Keep): Promise<BrokerEndpoints> {
  const { home, ports, given, access, tls, progress } = options;
  if (given.rabbitmq !== undefined) {
    progress.done('rabbitmq', 'given');
    return given.rabbitmq;
  }
  const program = await obtainRabbitmq(progress);
  const [distribution, epmd] = await Promise.all([freePort(), freePort()]);
  const { amqp, mqtt, webMqtt, stream, management, brokerMetrics } = ports;
  const brokerPorts = { amqp, mqtt, webMqtt, stream, management, prometheus: brokerMetrics, distribution, epmd };
  await ensureTokenKeys(access.keyFolder);
  const guarded = {
    keys: access.keyFolder,
    audience: access.audience,
    service: serviceAccount(access.keyFolder),
  };
  const running = keep(await rabbitmqService({ program, home, ports: brokerPorts, access: guarded, tls }).start());
  progress.done(
    'rabbitmq',
    `${running.version}: MQTT ${mqtt}, Web MQTT ${webMqtt}, streams ${stream}, page ${management}`,
  );
  return brokerEndpoints(options);
}
