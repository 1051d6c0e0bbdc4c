import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../../localstack/setup/progress.ts';
import { tailSuperStream } from '../../localstack/tail/tail-super-stream.ts';
import { wardNames } from '../../localstack/vitals-ward/patients.ts';
import { staffWards } from '../../localstack/vitals-ward/ward-staff.ts';
import { mintToken } from '../../shared/access/mint-token.ts';
import { readTokenKeys } from '../../shared/access/token-keys.ts';
import type { Config } from '../../shared/config.ts';
import { TransientError } from '../../shared/errors.ts';
import { withoutUser } from '../../shared/without-user.ts';
import { type LabTarget, startOwnStack } from '../run/own-stack.ts';
import { unlessAborted } from '../run/unless-aborted.ts';
import { startLoad } from '../vitals/load.ts';
import { firstReading, until } from '../vitals/moments.ts';
import { createOracle, type Oracle } from '../vitals/oracle.ts';
import { type CaseWorkers, startCaseWorkers } from '../workers/case-workers.ts';
import { sendBurst } from './burst.ts';
import { readEvidence } from './evidence-store.ts';
import { type Fates, fatesOf, type PhaseFigures, phaseFigures } from './figures.ts';
import { type Pager, startPager } from './pager.ts';
import { type Staff, startStaff } from './staff.ts';
import { type StationProbe, startStationProbe } from './station-probe.ts';
import { KILL_AFTER_S, type Timeline, type Victim } from './timeline.ts';

export interface AlertsRun {
  readonly config: Config;
  readonly beds: number;
  readonly rate: number;
  readonly burst: number;
  readonly seed: number;
  readonly timeline: Timeline;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

export interface AlertsOutcome {
  readonly phases: readonly PhaseFigures[];
  readonly fates: Fates;
  /** From the burst's sending until the last of its alerts was on a wall, ms. */
  readonly burst: { readonly alerts: number; readonly shownMs: number | undefined };
  readonly load: { readonly applied: boolean; readonly summary: string };
}

const CHANNEL = 'pager';
const ENABLED: Readonly<Record<Victim, string>> = {
  'evaluate-vitals': 'HEARTLINE_EVALUATE_VITALS_ENABLED',
  'publish-alerts': 'HEARTLINE_PUBLISH_ALERTS_ENABLED',
  deliver: 'HEARTLINE_DELIVER_ENABLED',
};
const VICTIMS = Object.keys(ENABLED) as Victim[];
const REPLICAS = 2;
const SETTLED_MS = 60_000;
const POLL_MS = 200;
const MS_PER_S = 1_000;
const TOKEN_S = 3_600;
/** One token stands for everybody on shift. */
const ALL_STAFF = { HEARTLINE_RATE_LIMIT_STAFF: '100000' };

/** The whole on a stack of its own: workers that judge, publish and send, and a pager, a station and staff beside them. */
export async function runAlerts(run: AlertsRun): Promise<AlertsOutcome> {
  const { config, seed, signal, progress } = run;
  progress.step('stack', 'Postgres, RabbitMQ, functions; workers that judge, publish and send');
  const pager = await startPager();
  const channels = channelsFile(config.home, pager.url);
  const off = Object.fromEntries(Object.values(ENABLED).map((name) => [name, 'false']));
  const stops: (() => Promise<void>)[] = [pager.stop];
  try {
    const target = await startOwnStack(
      config,
      seed,
      { ...off, ...ALL_STAFF, HEARTLINE_CHANNELS_FILE: channels },
      signal,
    );
    stops.unshift(target.stop);
    const workers = {} as Record<Victim, CaseWorkers>;
    for (const name of VICTIMS) {
      const enabled = { name: ENABLED[name], value: 'true', because: 'workers run it' };
      const told = { name: 'HEARTLINE_CHANNELS_FILE', value: channels, because: 'they page' };
      const settings = [enabled, told];
      const started = await startCaseWorkers(
        { function: name, replicas: REPLICAS, settings, scale: [], kill: [] },
        target,
        signal,
      );
      stops.unshift(started.stop);
      workers[name] = started;
    }
    progress.done('stack', `${REPLICAS} workers each judge, publish and send`);
    const ended = Promise.race([target.ended, ...VICTIMS.map((name) => workers[name].ended)]).then((message) => {
      throw new TransientError('lab_stack_ended', message);
    });
    return await Promise.race([measure(run, target, workers, pager), ended]);
  } finally {
    for (const stop of stops) await stop();
  }
}

function channelsFile(home: string, url: string): string {
  const folder = join(home, 'lab');
  mkdirSync(folder, { recursive: true });
  const secret = join(folder, 'pager.secret');
  writeFileSync(secret, `whsec_${randomBytes(24).toString('base64')}\n`, { mode: 0o600 });
  const file = join(folder, 'channels.json');
  writeFileSync(file, JSON.stringify({ channels: [{ name: CHANNEL, type: 'webhook', url, secretFile: secret }] }));
  return file;
}

async function measure(
  run: AlertsRun,
  target: LabTarget,
  workers: Record<Victim, CaseWorkers>,
  pager: Pager,
): Promise<AlertsOutcome> {
  const { timeline, beds, rate, seed, signal, progress } = run;
  const { rabbitmq, http, postgres } = target.stack.endpoints;
  if (rabbitmq === undefined) throw new TransientError('lab_stack_ended', 'The stack has no broker.');
  const keys = await readTokenKeys(run.config.access.keyFolder);
  const token = await mintToken(keys, { sub: 'lab', role: 'charge-nurse', expiresInS: TOKEN_S });
  await staffWards(http, token, wardNames(Math.max(beds, run.burst)));
  const oracle = createOracle();
  const staff = startStaff(http, token);
  const station = await startStationProbe(rabbitmq.mqtt, staff.look);
  const stopTail = await tailSuperStream(rabbitmq.stream, 'vitals', oracle.take);
  const logFile = join(target.home, 'logs', 'ward.log');
  const load = startLoad({
    url: withoutUser(rabbitmq.mqtt),
    home: target.home,
    beds,
    rate,
    seed,
    timeline,
    logFile,
  });
  try {
    const zeroMs = await firstReading(oracle, signal);
    let burst: Awaited<ReturnType<typeof sendBurst>> | undefined;
    for (const { says, name, fromS, kills } of timeline.phases) {
      await until(zeroMs + fromS * MS_PER_S, signal);
      progress.step('alerts', `${says}: ${station.seen.size} on the walls so far`);
      await until(zeroMs + (fromS + KILL_AFTER_S) * MS_PER_S, signal);
      if (name === 'burst') burst = await sendBurst(rabbitmq.mqtt, run.burst);
      if (kills === undefined) continue;
      const [victim] = await workers[kills].kill(1);
      progress.note('alerts', `${kills} ${victim} is ended by kill -9`);
    }
    const ended = await unlessAborted(signal, load.ended);
    const throughMs = Date.now();
    await settled({ oracle, station, staff, throughMs, postgres, signal });
    progress.done('alerts', `${station.seen.size} were on the walls`);
    return await outcomeOf({ run, zeroMs, oracle, station, staff, pager, throughMs, postgres, burst, load: ended });
  } finally {
    load.stop();
    await Promise.all([stopTail(), station.stop(), staff.stop()]);
  }
}

interface Measured {
  readonly run: AlertsRun;
  readonly zeroMs: number;
  readonly oracle: Oracle;
  readonly station: StationProbe;
  readonly staff: Staff;
  readonly pager: Pager;
  readonly throughMs: number;
  readonly postgres: string;
  readonly burst: Awaited<ReturnType<typeof sendBurst>> | undefined;
  readonly load: AlertsOutcome['load'];
}

async function outcomeOf(measured: Measured): Promise<AlertsOutcome> {
  const { run, zeroMs, oracle, station, staff, pager, throughMs, postgres, burst, load } = measured;
  const evidence = await readEvidence(postgres, CHANNEL, throughMs);
  const facts = {
    wanted: oracle.wanted,
    seconds: oracle.seconds,
    seen: station.seen,
    evidence,
    taken: pager.taken,
    acknowledged: staff.acknowledged,
    stale: station.stale(),
    throughMs,
  };
  const ofBurst = new Set(burst?.patientIds);
  const begun = [...oracle.wanted.values()].filter(
    ({ event }) => event.type === 'start' && event.rule === 'threshold' && ofBurst.has(event.patientId),
  );
  const shown = begun.map(({ event }) => station.seen.get(event.alertId) ?? Number.NaN);
  return {
    phases: run.timeline.phases.map((phase) => phaseFigures(phase, zeroMs, facts)),
    fates: fatesOf(facts),
    burst: {
      alerts: begun.length,
      shownMs: burst === undefined || shown.some(Number.isNaN) ? undefined : Math.max(...shown) - burst.atMs,
    },
    load,
  };
}

/** Until all that was caused by then is on a wall and every page has gone out, or a minute. */
async function settled(options: {
  oracle: Oracle;
  station: StationProbe;
  staff: Staff;
  throughMs: number;
  postgres: string;
  signal: AbortSignal;
}): Promise<void> {
  const { oracle, station, staff, throughMs, postgres, signal } = options;
  await staff.stop();
  const deadline = performance.now() + SETTLED_MS;
  while (performance.now() < deadline) {
    if (oracle.throughMs() > throughMs) {
      const { pending, superseded } = await readEvidence(postgres, CHANNEL, throughMs);
      const isShown = [...oracle.wanted.values()].every(
        ({ event: { alertId }, causedMs }) =>
          causedMs > throughMs || station.seen.has(alertId) || superseded.has(alertId),
      );
      if (isShown && pending === 0) return;
    }
    await sleep(POLL_MS, undefined, { signal });
  }
}
