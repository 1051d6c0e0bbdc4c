interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  /** Microseconds: by the clock, and of the thread's own time on a processor. */
  readonly dur?: number;
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

interface Task {
  readonly wallMs: number;
  readonly busyMs: number;
}

const US_PER_MS = 1_000;

/** The tasks of pages' main threads in a trace of Chromium's with the category `toplevel`. */
export function mainThreadTasks(trace: Buffer): readonly Task[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: readonly TraceEvent[] };
  const idOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const isMain = ({ name, args }: TraceEvent) => name === 'thread_name' && args.name === 'CrRendererMain';
  const threads = new Set(traceEvents.filter(isMain).map(idOf));
  const tasks = traceEvents.filter((event) => event.name.endsWith('RunTask') && threads.has(idOf(event)));
  if (tasks.length === 0) throw new Error('the trace has no task of a page');
  return tasks.map(({ dur = 0, tdur = 0 }) => ({ wallMs: dur / US_PER_MS, busyMs: tdur / US_PER_MS }));
}
