import pc from 'picocolors';

/** Says what is being obtained or started, one line a step, on stderr so that stdout stays clean for pipes. */
export interface Progress {
  step(name: string, text: string): void;
  done(name: string, text: string): void;
  note(name: string, text: string): void;
}

const NAME_COLUMNS = 10;

function line(mark: string, name: string, text: string): void {
  process.stderr.write(`${mark} ${name.padEnd(NAME_COLUMNS)} ${text}\n`);
}

export const terminalProgress: Progress = {
  step: (name, text) => line(pc.cyan('▸'), name, text),
  done: (name, text) => line(pc.green('✓'), name, text),
  note: (name, text) => line(pc.yellow('!'), name, text),
};

/** Says nothing once the signal is aborted: what is started then is only started to be stopped. */
export function untilAborted({ step, done, note }: Progress, signal: AbortSignal): Progress {
  const unlessAborted = (say: Progress['step']) => (name: string, text: string) => {
    if (!signal.aborted) say(name, text);
  };
  return { step: unlessAborted(step), done: unlessAborted(done), note: unlessAborted(note) };
}

export const silentProgress: Progress = {
  step: () => undefined,
  done: () => undefined,
  note: () => undefined,
};
