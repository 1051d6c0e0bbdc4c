import { once } from 'node:events';

export interface Output {
  /** Writes a text and waits until the reader keeps up. */
  write(text: string): Promise<void>;
  /** Aborted when the reader has gone (`| head`): there is no one left to write for. */
  readonly readerGone: AbortSignal;
  /** Takes the listener off the stream. Throws the stream's error if it was another than a reader that left. */
  end(): void;
}

function isReaderGone(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'ERR_STREAM_DESTROYED');
}

/** Wraps a stream so that a reader that leaves ends the work quietly instead of the process with an error. */
export function createOutput(stream: NodeJS.WritableStream): Output {
  const gone = new AbortController();
  let failure: Error | undefined;
  const onError = (error: Error): void => {
    if (!isReaderGone(error)) failure = error;
    gone.abort();
  };
  stream.on('error', onError);

  return {
    readerGone: gone.signal,
    async write(text) {
      if (gone.signal.aborted || stream.write(text)) return;
      await once(stream, 'drain', { signal: gone.signal }).catch((error: unknown) => {
        // The stream failed, which onError noted, or the reader left.
        if (!gone.signal.aborted) throw error;
      });
    },
    end() {
      // The listener stays if the reader left: each write under way reports it once more.
      if (!gone.signal.aborted) stream.off('error', onError);
      if (failure !== undefined) throw failure;
    },
  };
}
