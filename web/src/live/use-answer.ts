import { useCallback, useEffect, useState } from 'react';
import type { Answer, Api } from './api.ts';

export interface Asked<Body> {
  /** The newest that was answered; kept while it is asked again, and while nobody answers. */
  readonly body: Body | undefined;
  readonly etag: string | null;
  /** Why there is no newer one. */
  readonly problem: string | undefined;
  readonly isWaiting: boolean;
  ask(): void;
}

interface Held<Body> {
  readonly path: string;
  readonly answer: Answer<Body> | undefined;
  readonly body: Body | undefined;
  readonly etag: string | null;
}

/** What the server answers at this path, asked at once, whenever `asOf` is another, and when told to. */
export function useAnswer<Body>(api: Api, path: string, asOf: unknown = ''): Asked<Body> {
  const [held, setHeld] = useState<Held<Body>>({ path, answer: undefined, body: undefined, etag: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    let isOver = false;
    // Named for what they are: another of either is another question.
    const question = { path, turn, asOf };
    api.send<Body>({ path: question.path }).then((answer) => {
      if (isOver) return;
      setHeld((before) => {
        if (answer.outcome === 'done') return { path, answer, body: answer.body, etag: answer.etag };
        const isSame = before.path === path;
        return { path, answer, body: isSame ? before.body : undefined, etag: isSame ? before.etag : null };
      });
    });
    return () => {
      isOver = true;
    };
  }, [api, path, asOf, turn]);
  const ask = useCallback(() => setTurn((before) => before + 1), []);
  const isOwn = held.path === path;
  return {
    body: isOwn ? held.body : undefined,
    etag: isOwn ? held.etag : null,
    problem: isOwn ? problemOf(held.answer) : undefined,
    isWaiting: !isOwn || held.answer === undefined,
    ask,
  };
}

function problemOf(answer: Answer<unknown> | undefined): string | undefined {
  if (answer?.outcome === 'away') return 'The server does not answer.';
  return answer?.outcome === 'refused' ? answer.detail || `The server refused it (${answer.code}).` : undefined;
}
