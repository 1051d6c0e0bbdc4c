import fc from 'fast-check';
import { type Checks, checksOf } from './checks.ts';
import { curlOf } from './curl.ts';
import { type Operation, operationsOf } from './document.ts';
import { faultOf, jsonOf } from './judge.ts';
import { type Memory, memoryOf } from './memory.ts';
import { type FuzzRequest, requestsFor } from './requests.ts';
import { type Answer, senderTo } from './send.ts';

export interface RouteResult {
  method: string;
  path: string;
  requests: number;
  /** Valid ones that did what they ask for. */
  accepted: number;
  /** How many answers had it. */
  statuses: Map<number, number>;
  /** The smallest request that was answered wrongly. */
  failure?: { fault: string; curl: string };
}

export interface FuzzOptions {
  url: string;
  /** The document at the url, or another. */
  document: object;
  seed: number;
  /** Requests a route. */
  runs: number;
  /** Tokens to send, by role. */
  tokens?: ReadonlyMap<string, string>;
  /** Called as each route has been gone through once more. */
  onProgress?: (done: number, of: number) => void;
}

/** Every route so many times, so that a later round asks for what an earlier one has stored. */
const ROUNDS = 4;
/** A failure is made smaller for so long. */
const SHRINK_LIMIT_MS = 10_000;
const OK_END = 300;
const ACCEPTED_KINDS = new Set(['valid', 'hostile']);

class Fault extends Error {}

/** Sends requests to every route of the document. A run with the seed of another sends, to a system in the same state, the same. */
export async function fuzz(options: FuzzOptions): Promise<RouteResult[]> {
  const { url, document, seed, runs, tokens = new Map(), onProgress } = options;
  const operations = operationsOf(document);
  const checks = checksOf(document);
  const memory = memoryOf(new Set(operations.flatMap(({ parameters }) => parameters.map(({ name }) => name))));
  const { send, close } = senderTo(url, tokens);
  const context = { operations, checks, memory, roles: [...tokens.keys()] };
  const routes = operations.map((operation) => ({
    requests: requestsFor(operation, context),
    judge: judgeOf(operation, checks, memory),
    result: newResult(operation),
  }));
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, { requests, judge, result }] of routes.entries()) {
        const numRuns = Math.ceil(runs / ROUNDS);
        const ownSeed = seed + round * routes.length + index;
        if (result.failure === undefined) await check(requests, { seed: ownSeed, numRuns, result, send, url, judge });
        onProgress?.(round * routes.length + index + 1, ROUNDS * routes.length);
      }
    }
  } finally {
    close();
  }
  return routes.map(({ result }) => result);
}

const newResult = ({ method, path }: Operation): RouteResult => ({
  method,
  path,
  requests: 0,
  accepted: 0,
  statuses: new Map(),
});

type Judge = (request: FuzzRequest, answer: Answer) => string | undefined;

function judgeOf(operation: Operation, checks: Checks, memory: Memory): Judge {
  return (request, answer) => {
    const fault = faultOf(operation, request, answer, checks);
    if (fault === undefined && answer.status < OK_END && ACCEPTED_KINDS.has(request.kind)) {
      memory.keep(jsonOf(answer.text));
      memory.keep(jsonOf(request.body?.toString() ?? ''));
      memory.keep(request.headers);
    }
    return fault;
  };
}

interface Checking {
  seed: number;
  numRuns: number;
  result: RouteResult;
  url: string;
  send(request: FuzzRequest): Promise<Answer>;
  judge: Judge;
}

async function check(
  requests: fc.Arbitrary<FuzzRequest>,
  { seed, numRuns, result, url, send, judge }: Checking,
): Promise<void> {
  const property = fc.asyncProperty(requests, async (request) => {
    const answer = await send(request);
    result.requests += 1;
    result.statuses.set(answer.status, (result.statuses.get(answer.status) ?? 0) + 1);
    if (request.kind === 'valid' && answer.status < OK_END) result.accepted += 1;
    const fault = judge(request, answer);
    if (fault !== undefined) throw new Fault(fault);
  });
  const details = await fc.check(property, {
    seed,
    numRuns,
    interruptAfterTimeLimit: SHRINK_LIMIT_MS + numRuns * SHRINK_LIMIT_MS,
  });
  const [request] = details.counterexample ?? [];
  if (request === undefined) return;
  const { errorInstance } = details;
  const fault = errorInstance instanceof Error ? errorInstance.message : String(errorInstance);
  result.failure = { fault, curl: curlOf(url, request) };
}
