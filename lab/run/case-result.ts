import type { Verdict } from '../checker/index.ts';
import { type ChartDefinition, type Expectation, NO_PROMISE, type WorkersDefinition } from '../experiment/schema.ts';
import type { CaseResult, Chart, DeliverySummary, Mark, PhaseName } from '../lab-result.ts';
import { readMarks } from '../links/marks-file.ts';
import type { K6Recorder } from '../measure/k6-recorder.ts';
import { createMeasurements, type Measurements } from '../measure/measurements.ts';
import type { ScrapeSampler } from '../measure/scrape-sampler.ts';
import type { PhaseWindow, Selector } from '../measure/selector.ts';
import { unitOf } from '../measure/units.ts';
import { type SubjectName, wordsOf } from '../subject.ts';
import type { Checked } from './check-case.ts';
import { connectionMarks } from './connection-marks.ts';
import type { HappenedAt } from './drive-changes.ts';
import { LAG, lagTurn } from './lag-turn.ts';
import { type PlannedPhase, spansOf, totalSeconds, wholeRun } from './plan.ts';
import type { CaseOutcome, CaseRun } from './run-case.ts';
import { conservationRow, judge, lanesRow, promiseRow } from './verdicts.ts';

const MS_PER_S = 1_000;
const stillArriving = (subject: SubjectName) => {
  const { many, delivered } = wordsOf(subject);
  return `${many} were still ${delivered} when the wait for them ended: there may be more`;
};

const BY_HAND =
  'faults were changed by hand during the run (see the marks): it says nothing about the faults of the experiment';
const otherSeed = (seed: number) =>
  `which messages the MQTT faults hit was decided by seed ${seed}, with which the running stack was started`;

const stillBehind = (behind: number) =>
  `those who read the stream were still ${behind} messages behind when the wait for them ended: figures of the run are not final`;

/** What was gathered while a case ran. Instants in milliseconds since 1970. */
export interface Gathered extends Checked {
  recorder: K6Recorder;
  sampler: ScrapeSampler;
  windows: readonly PhaseWindow[];
  /** When all that was sent had had its effect. */
  settledMs: number;
  /** Messages that workers had not caught up with by then. */
  behind: number;
  startMs: number;
  labCpuShare: number;
  changes: HappenedAt[];
}

/** Judges what was gathered, and puts it into the words and charts that a reader sees. */
export function caseResult(run: CaseRun, gathered: Gathered): CaseOutcome {
  const { experiment, case: one, plan, target } = run;
  const { recorder, sampler, windows, history, verdict, conservation, lanes, startMs, labCpuShare } = gathered;
  const measurements = createMeasurements({
    startedAtMs: startMs,
    phases: [...windows, wholeRun(windows, gathered.settledMs)],
    k6: recorder,
    targets: sampler.targets,
    delivery: { history, verdict, conservation, lanes },
  });
  const promised = one.promise !== NO_PROMISE;
  const rows = [
    ...one.expectations.map((expectation) => {
      const selector = selectorOf(expectation);
      return judge(
        expectation,
        (phase) => measurements.find(selector, phase),
        unitOf(selector),
        (name) => (phase) => run.measurementsOf(name)?.find(selector, phase) ?? { value: undefined },
      );
    }),
    ...(promised
      ? [
          promiseRow(verdict),
          ...(conservation ? [conservationRow(conservation)] : []),
          ...(lanes ? [lanesRow(lanes)] : []),
        ]
      : []),
  ];
  const atS = (atMs: number) => (atMs - startMs) / MS_PER_S;
  const byHand = readMarks(target.home, startMs);
  const marks: Mark[] = [...gathered.changes, ...byHand.map((mark) => ({ ...mark, label: `by hand: ${mark.label}` }))]
    .map(({ atMs, label }) => ({ atS: atS(atMs), label }))
    .concat(connectionMarks(sampler.targets, startMs))
    .concat(one.workers ? lagTurn(measurements.series({ metric: LAG, statistic: 'last' }), sentUntilS(plan)) : [])
    .sort((a, b) => a.atS - b.atS);
  const result: CaseResult = {
    name: one.name,
    title: one.title,
    settings: [...one.settings, ...(one.workers?.settings ?? [])],
    load: { script: experiment.load.script, ...ratesOf(plan) },
    toxics: one.toxics,
    ...(one.throughout.length > 0 ? { throughout: one.throughout } : {}),
    ...(one.workers ? { workers: workersOf(one.workers) } : {}),
    phases: spansOf(plan),
    rows,
    charts: experiment.charts.map((chart) => drawn(chart, measurements, totalSeconds(plan))),
    marks,
    delivery: summaryOf(verdict, experiment.subject, promised),
    labCpuShare,
    notes: [
      ...(run.mutant === undefined ? [] : [`the stage was made wrong on purpose: ${run.mutant}`]),
      ...notesOf(recorder, sampler),
      ...(gathered.complete ? [] : [stillArriving(experiment.subject)]),
      ...(gathered.behind === 0 ? [] : [stillBehind(gathered.behind)]),
      ...(byHand.length === 0 ? [] : [BY_HAND]),
      ...(target.links.seed === run.seed ? [] : [otherSeed(target.links.seed)]),
    ],
    holds: rows.every((row) => row.holds),
  };
  return { result, measurements };
}

const sentUntilS = (plan: readonly PlannedPhase[]) => Math.max(...spansOf(plan).map(({ toS }) => toS));

/** The baseline's, and of the phases with others theirs. */
function ratesOf(plan: readonly PlannedPhase[]): Pick<CaseResult['load'], 'rates' | 'phaseRates'> {
  const [{ rates } = { rates: [] }, ...later] = plan;
  const others = later.filter((phase) => phase.rates.join() !== rates.join());
  if (others.length === 0) return { rates };
  return { rates, phaseRates: Object.fromEntries(others.map((phase) => [phase.name, phase.rates])) };
}

const workersOf = ({ function: name, replicas, scale, kill }: WorkersDefinition) => ({
  function: name,
  replicas,
  scale,
  kill,
});

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

function summaryOf(
  { promise, all, lostByKey, violations }: Verdict,
  subject: SubjectName,
  promised: boolean,
): DeliverySummary {
  return {
    subject,
    promise: promised ? promise.kind : NO_PROMISE,
    sent: all.sent,
    acknowledged: all.acknowledged,
    delivered: all.delivered,
    lostByOwner: lostByKey.map(({ key, lost }) => ({
      owner: key,
      lost: lost.map(({ id, group, text }) => ({ id, phase: group as PhaseName, text })),
    })),
    lostAcknowledged: all.lostAcknowledged,
    duplicated: all.duplicated,
    phantom: all.phantom,
    violations: promised ? violations.map(({ text }) => text) : [],
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
