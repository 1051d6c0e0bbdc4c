import type { TriggerLogger } from './event-source.ts';

export interface LogLine {
  readonly level: keyof TriggerLogger;
  readonly message: string;
  readonly fields: Record<string, unknown>;
}

export type RecordingLogger = TriggerLogger & { readonly lines: LogLine[] };

/** A logger that keeps its lines. */
export function recordingLogger(): RecordingLogger {
  const lines: LogLine[] = [];
  const at =
    (level: keyof TriggerLogger) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      lines.push({ level, message, fields });
    };
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
}
