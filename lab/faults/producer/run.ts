// The devices as a process of their own, so that nothing that happens to the system under test happens to them.
import { parseArgs } from 'node:util';
import { deviceConnection } from './connection.ts';
import { lanesOf } from './message.ts';
import { ackBeforeConfirm } from './mutants.ts';
import { produce } from './produce.ts';
import { createProducerLog } from './producer-log.ts';

const USAGE = `node run.ts --url mqtt://HOST:PORT --log FILE [options]
  --rate N          attempts a second (200)
  --keys N          patients, each in order (96)
  --wards N         topics hl/w0/… to hl/w<N-1>/… (4)
  --poison N        share of messages that no handler can apply (0.01)
  --seed N          decides contents (1)
  --connections N   devices' connections (4)
  --mutant ack-before-confirm
SIGTERM: nothing new, what is under way is sent until acknowledged. A second one: at once.
`;
const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    log: { type: 'string' },
    rate: { type: 'string', default: '200' },
    keys: { type: 'string', default: '96' },
    wards: { type: 'string', default: '4' },
    poison: { type: 'string', default: '0.01' },
    seed: { type: 'string', default: '1' },
    connections: { type: 'string', default: '4' },
    mutant: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const { url, log: file, mutant } = values;
if (values.help || url === undefined || file === undefined) {
  process.stdout.write(USAGE);
  process.exit(values.help ? 0 : 1);
}

const stopping = new AbortController();
const aborted = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => (stopping.signal.aborted ? aborted : stopping).abort());
}
const log = await createProducerLog(file);
const connections = Array.from({ length: Number(values.connections) }, (_, number) =>
  deviceConnection(url, `faults-${process.pid}-${number}`),
);
const lanes = lanesOf({
  seed: Number(values.seed),
  keys: Number(values.keys),
  wards: Number(values.wards),
  poisonRate: Number(values.poison),
});
await produce({
  lanes,
  connections,
  log,
  rate: Number(values.rate),
  stopping: stopping.signal,
  aborted: aborted.signal,
  ...(mutant === 'ack-before-confirm' ? { publish: ackBeforeConfirm } : {}),
});
await Promise.all(connections.map((connection) => connection.close()));
await log.close();
