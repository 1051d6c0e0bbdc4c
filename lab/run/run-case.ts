import { join } from 'node:path';
import { TransientError } from '../../shared/errors.ts';
import { checkDelivery, type History, type Verdict } from '../checker/index.ts';
import type { ChartDefinition, Expectation, Experiment, ExperimentCase } from '../experiment/schema.ts';
import type { CaseResult, Chart, DeliverySummary, Mark, PhaseName } from '../lab-result.ts';
import { readMarks } from '../links/marks-file.ts';
import { linkToxics } from '../links/toxics.ts';
import { readDelivered } from '../measure/delivered-reader.ts';
import { createK6Recorder, type K6Recorder, readK6 } from '../measure/k6-recorder.ts';
import { createMeasurements, type Measurements } from '../measure/measurements.ts';
import { type ScrapeSampler, startScrapeSampler } from '../measure/scrape-sampler.ts';
import type { MetricRef, PhaseWindow, Selector } from '../measure/selector.ts';
import { unitOf } from '../measure/units.ts';
import { toxicInWords } from '../report/toxic-words.ts';
import { connectionMarks } from './connection-marks.ts';
import { type K6Run, startK6 } from './k6-process.ts';
import type { LabTarget } from './own-stack.ts';
import { DRAIN_S, faultWindow, type PlannedPhase, spansOf, totalSeconds } from './plan.ts';
import { judge, promiseRow } from './verdicts.ts';

const MS_PER_S = 1_000;
const TICK_MS = 200;
/** k6 compiles its script and opens connections before the first message. */
const FIRST_MESSAGE_TIMEOUT_MS = 60_000;
/** Of what comes through k6 every run needs this one: it says what was sent. */
const SENT: MetricRef = { metric: 'producer_sent_msgs' };
const STILL_ARRIVING = 'alerts still reached staff when the wait for them ended: there may be more';
/** By which a trigger that loses its source is noticed. */
const CONNECTED = 'trigger_connected';
const MICROSECONDS_PER_S = 1_000_000;

export interface CaseRun {
  readonly experiment: Experiment;
  readonly case: ExperimentCase;
  readonly target: LabTarget;
  readonly plan: readonly PlannedPhase[];
  readonly seed: number;
  readonly k6: string;
  /** Environment of the load script. */
  readonly load: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly onTick: (tick: CaseTick) => void;
}

/** What a person who watches wants to see now. */
export interface CaseTick {
  readonly elapsedS: number;
  readonly disturbed: boolean;
  /** Messages sent so far. */
  readonly sent: number;
  /** In the last second. */
  readonly sentLately: number;
}

/** Runs one case on a stack that is ready: load through the three phases, faults in and out in the quiet between, then the verdict. */
export async function runCase(run: CaseRun): Promise<CaseResult> {
  const { target, plan, signal } = run;
  const refs = refsOf(run);
  const recorder = createK6Recorder({ wanted: [SENT, ...refs] });
  const cpu = process.cpuUsage();
  const beganAt = performance.now();
  const sampler = startScrapeSampler({
    urls: [target.stack.endpoints.metrics],
    families: [...new Set([CONNECTED, ...refs.map(({ metric }) => metric)])],
  });
  const folder = join(target.home, 'run');
  const script = join(import.meta.dirname, '..', '..', 'k6', `${run.experiment.load.script}.ts`);
  const k6 = startK6({ program: run.k6, script, environment: { ...run.load }, folder });
  const reading = readK6(k6.points, recorder);
  const toxics = linkToxics(target.links);
  try {
    const startMs = await firstMessage(recorder, k6, plan, signal);
    const changes = await driveFaults(run, startMs, toxics, k6, recorder);
    await reading;
    await sampler.sampleNow();
    await sampler.stop();
    const used = process.cpuUsage(cpu);
    const labCpuShare = (used.user + used.system) / MICROSECONDS_PER_S / ((performance.now() - beganAt) / MS_PER_S);
    const checked = await check(run, recorder, startMs);
    return resultOf(run, { recorder, sampler, ...checked, startMs, labCpuShare, changes });
  } finally {
    await k6.stop();
    await reading.catch(() => undefined);
    await sampler.stop();
    // A stack that goes on running is left as it was found.
    await toxics.set([]).catch(() => undefined);
  }
}

/** Waits for the first message of the baseline, and says when the load's clock began. */
async function firstMessage(
  recorder: K6Recorder,
  k6: K6Run,
  plan: readonly PlannedPhase[],
  signal: AbortSignal,
): Promise<number> {
  const deadline = performance.now() + FIRST_MESSAGE_TIMEOUT_MS;
  let over: { code: number; output: string } | undefined;
  k6.ended.then(
    (end) => {
      over = end;
    },
    () => undefined,
  );
  for (;;) {
    signal.throwIfAborted();
    if (over)
      throw new TransientError(
        'lab_load',
        `The load ended before its first message (k6 code ${over.code}):\n${over.output}`,
      );
    const sent = recorder.find(SENT)?.get('baseline');
    if (sent) return Math.min(...sent.kept().atMs) - (plan[0]?.startS ?? 0) * MS_PER_S;
    if (performance.now() > deadline) throw new TransientError('lab_load', 'The load sent nothing within a minute.');
    await pause(TICK_MS / 4);
  }
}

/** Puts the faults in and takes them out at their times, until the load has ended. */
async function driveFaults(
  run: CaseRun,
  startMs: number,
  toxics: ReturnType<typeof linkToxics>,
  k6: K6Run,
  recorder: K6Recorder,
): Promise<{ atMs: number; label: string }[]> {
  const { inS, outS } = faultWindow(run.plan);
  const names = run.case.toxics.map(toxicInWords);
  const changes: { atMs: number; label: string }[] = [];
  let end: { code: number; output: string } | undefined;
  const ended = k6.ended.then((how) => {
    end = how;
  });
  /** What had been sent at each tick of the last second. */
  const recent: number[] = [];
  let state: 'before' | 'in' | 'out' = 'before';
  while (!end) {
    run.signal.throwIfAborted();
    const elapsedS = (Date.now() - startMs) / MS_PER_S;
    if (state === 'before' && elapsedS >= inS) {
      state = 'in';
      await toxics.set(run.case.toxics);
      changes.push(...names.map((name) => ({ atMs: Date.now(), label: name })));
    } else if (state === 'in' && elapsedS >= outS) {
      state = 'out';
      await toxics.set([]);
      changes.push({ atMs: Date.now(), label: 'faults out' });
    }
    const sent = sumOf(recorder, SENT);
    recent.push(sent);
    if (recent.length > MS_PER_S / TICK_MS) recent.shift();
    run.onTick({ elapsedS, disturbed: state === 'in', sent, sentLately: sent - (recent[0] ?? sent) });
    await Promise.race([ended, pause(TICK_MS)]);
  }
  if (end.code !== 0) {
    throw new TransientError('lab_load', `The load was not applied as planned (k6 code ${end.code}):\n${end.output}`);
  }
  if (state !== 'out') throw new TransientError('lab_load', 'The load ended before the faults were taken out.');
  return changes;
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

function sumOf(recorder: K6Recorder, ref: MetricRef): number {
  return [...(recorder.find(ref)?.values() ?? [])].reduce((sum, { count }) => sum + count, 0);
}

/** Every metric that the experiment asks about. */
function refsOf({ experiment, case: one }: CaseRun): MetricRef[] {
  const selectors = [...one.expectations, ...experiment.charts.flatMap(({ series }) => series)];
  return selectors.flatMap(({ metric, labels, ratioTo }) => [
    labels === undefined ? { metric } : { metric, labels },
    ...(ratioTo === undefined ? [] : [{ metric: ratioTo }]),
  ]);
}

async function check(
  { experiment, case: one, target }: CaseRun,
  recorder: K6Recorder,
  startMs: number,
): Promise<Checked> {
  const sent = recorder.history();
  const { delivered, complete } = await readDelivered({
    baseUrl: target.stack.endpoints.http,
    path: experiment.delivered,
    sinceMs: startMs,
    of: { ids: new Set(sent.map(({ id }) => id)) },
  });
  const history = { sent, delivered };
  return { history, complete, verdict: checkDelivery(history, { kind: one.promise ?? experiment.promise }) };
}

interface Checked {
  history: History;
  /** False when alerts still reached staff at the end of the wait. */
  complete: boolean;
  verdict: Verdict;
}

interface Gathered extends Checked {
  recorder: K6Recorder;
  sampler: ScrapeSampler;
  startMs: number;
  labCpuShare: number;
  changes: { atMs: number; label: string }[];
}

function resultOf(run: CaseRun, gathered: Gathered): CaseResult {
  const { experiment, case: one, plan, target } = run;
  const { recorder, sampler, history, verdict, startMs, labCpuShare } = gathered;
  const windows = (drainS: number): PhaseWindow[] =>
    spansOf(plan).map(({ name, fromS, toS }) => ({
      name,
      fromMs: startMs + fromS * MS_PER_S,
      toMs: startMs + (toS + drainS) * MS_PER_S,
    }));
  const measured = (drainS: number) =>
    createMeasurements({
      startedAtMs: startMs,
      phases: windows(drainS),
      k6: recorder,
      targets: sampler.targets,
      delivery: { history, verdict },
    });
  const measurements = measured(0);
  // What is counted of a phase is counted to its last message; a rate is one of the time in which messages were sent.
  const drained = measured(DRAIN_S);
  const rows = [
    ...one.expectations.map((expectation) =>
      judge(
        expectation,
        (asked, phase) => (asked.statistic === 'count' ? drained : measurements).find(selectorOf(asked), phase),
        unitOf(selectorOf(expectation)),
      ),
    ),
    promiseRow(verdict),
  ];
  const atS = (atMs: number) => (atMs - startMs) / MS_PER_S;
  const marks: Mark[] = [...gathered.changes, ...readMarks(target.home, startMs)]
    .map(({ atMs, label }) => ({ atS: atS(atMs), label }))
    .concat(connectionMarks(sampler.targets, startMs))
    .sort((a, b) => a.atS - b.atS);
  return {
    name: one.name,
    title: one.title,
    settings: one.settings,
    load: { script: experiment.load.script, rates: plan[0]?.rates ?? [] },
    toxics: one.toxics,
    phases: spansOf(plan),
    rows,
    charts: experiment.charts.map((chart) => drawn(chart, measurements, totalSeconds(plan))),
    marks,
    delivery: summaryOf(verdict),
    labCpuShare,
    notes: [...notesOf(recorder, sampler), ...(gathered.complete ? [] : [STILL_ARRIVING])],
    holds: rows.every((row) => row.holds),
  };
}

/** The question alone, with nothing set to undefined. */
function selectorOf({ metric, statistic, labels, ratioTo }: Expectation | ChartDefinition['series'][number]): Selector {
  return {
    metric,
    statistic,
    ...(labels === undefined ? {} : { labels }),
    ...(ratioTo === undefined ? {} : { ratioTo }),
  };
}

function drawn({ title, series }: ChartDefinition, measurements: Measurements, untilS: number): Chart {
  const [first] = series;
  return {
    title,
    unit: first ? unitOf(selectorOf(first)) : '',
    series: series.map((one) => ({
      name: one.name ?? one.metric,
      points: measurements.series(selectorOf(one)).filter(([atS]) => atS >= 0 && atS <= untilS),
    })),
  };
}

function summaryOf({ promise, all, lostByKey, violations }: Verdict): DeliverySummary {
  return {
    promise: promise.kind,
    sent: all.sent,
    acknowledged: all.acknowledged,
    delivered: all.delivered,
    lostByPatient: lostByKey.map(({ key, lost }) => ({
      patientId: key,
      lost: lost.map(({ id, group, text }) => ({ id, phase: group as PhaseName, text })),
    })),
    duplicated: all.duplicated,
    phantom: all.phantom,
    violations: violations.map(({ text }) => text),
  };
}

function notesOf(recorder: K6Recorder, sampler: ScrapeSampler): string[] {
  const missed = [...sampler.counts()].flatMap(([url, { good, failed, skipped, lastReason }]) =>
    failed + skipped === 0
      ? []
      : [`${failed + skipped} of ${good + failed + skipped} samples of ${url} are missing (${lastReason ?? 'late'})`],
  );
  return [...recorder.problems(), ...missed];
}
