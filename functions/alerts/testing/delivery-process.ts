// A process that delivers, to be killed: node delivery-process.ts <step> <channel> <mutant>. It runs what functions.yml says of the
// functions below, and ends itself by SIGKILL when it first comes to the step, of that channel where the step is one's.
import { randomBytes, randomUUID } from 'node:crypto';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { triggerHost } from '../../../localstack/trigger-resources.ts';
import { handlerInvoker } from '../../../localstack/worker/handler.ts';
import { readService } from '../../../localstack/worker/service.ts';
import { workerFunction, workerTriggers } from '../../../localstack/worker/worker-triggers.ts';
import { type DeliverParts, deliver, queuedDelivery } from '../../../shared/alert-delivery/deliver.ts';
import { atEachStep } from '../../../shared/alert-delivery/delivery-steps.ts';
import { processChannels } from '../../../shared/alert-delivery/read-channels.ts';
import { sendRequest } from '../../../shared/alert-delivery/send-request.ts';
import { settle } from '../../../shared/alert-delivery/settle-store.ts';
import { queueHandler } from '../../../shared/handlers.ts';
import { database } from '../../../shared/postgres/process-database.ts';

const FUNCTIONS = ['plan-deliveries', 'deliver', 'push-ward', 'take-receipt'];
const POOL_SIZE = 12;
const FOLDER = fileURLToPath(new URL('../../..', import.meta.url));

const [fatalStep = '', fatalChannel = '', mutant = 'none'] = process.argv.slice(2);

atEachStep((step, channel) => {
  if (step !== fatalStep || (channel !== undefined && fatalChannel !== '' && channel !== fatalChannel)) return;
  process.kill(process.pid, 'SIGKILL');
});

/** Each breaks one thing that the law is about. */
const MUTANTS: Readonly<
  Record<string, (context: Pick<DeliverParts, 'database' | 'recordMetric'>) => Partial<DeliverParts>>
> = {
  none: () => ({}),
  'marked before sent': (context) => ({
    async send(request) {
      const deliveryId = request.headers['webhook-id'];
      if (deliveryId === undefined) return await sendRequest(request);
      await settle.confirmed(deliveryId, context);
      process.kill(process.pid, 'SIGKILL');
      return await sendRequest(request);
    },
  }),
  'a new key each attempt': () => ({
    send: (request) => sendRequest({ ...request, headers: { ...request.headers, 'webhook-id': randomUUID() } }),
  }),
  'not looked at again': () => ({ isMeant: () => true }),
};

const broken = queueHandler({
  name: 'deliver',
  stage: 'alerts',
  schema: queuedDelivery,
  apply(records, trail) {
    const context = { database: database(), recordMetric: trail.recordMetric };
    return deliver(records, { ...context, channels: processChannels(), ...MUTANTS[mutant]?.(context) }, trail);
  },
});

const instanceId = randomBytes(8).toString('hex');
const service = readService({ folder: FOLDER, environment: process.env, instanceId });
const host = triggerHost(POOL_SIZE);
const sources = await Promise.all(
  FUNCTIONS.flatMap(async (name) => {
    const definition = workerFunction(service, name);
    const { invoke } = await handlerInvoker(FOLDER, definition);
    return await Promise.all(
      workerTriggers(definition, host.sources).map(({ start, functionName, timeoutMs }) =>
        start({
          functionName,
          timeoutMs,
          invoke: name === 'deliver' ? (event) => broken(event as Parameters<typeof broken>[0]) : invoke,
          logger: host.logger,
          observe: () => undefined,
        }),
      ),
    );
  }),
);
const look = setInterval(() => {
  if (!sources.flat().every((source) => source.health().status === 'running')) return;
  clearInterval(look);
  process.send?.('ready');
}, 20);
