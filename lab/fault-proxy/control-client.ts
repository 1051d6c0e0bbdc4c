import { z } from 'zod';
import type { ConnectionInfo } from './connection.ts';
import { FaultProxyError } from './fault-proxy-error.ts';
import type { Journal, JournalCounters } from './journal.ts';
import type { Toxic, ToxicInput } from './toxics.ts';

/** The control API of a fault proxy that runs as a process of its own. */
export interface FaultProxyControl {
  /** Replaces the whole list. */
  setToxics(list: readonly ToxicInput[]): Promise<readonly Toxic[]>;
  toxics(): Promise<readonly Toxic[]>;
  addToxic(toxic: ToxicInput): Promise<Toxic>;
  removeToxic(name: string): Promise<void>;
  journal(): Promise<Journal>;
  counters(): Promise<JournalCounters>;
  clearJournal(): Promise<void>;
  connections(): Promise<readonly ConnectionInfo[]>;
}

/** On loopback; a full journal of 100,000 hits takes a second. */
const TIMEOUT_MS = 10_000;

const problemBody = z.object({
  code: z.string(),
  detail: z.string(),
  faults: z.array(z.object({ field: z.string(), problem: z.string() })).default([]),
});

/**
 * Each call rejects with FaultProxyError: the proxy's own code and faults, or `control_unreachable`.
 * @param url as the proxy prints it: `http://127.0.0.1:18831`
 */
export function faultProxyControl(url: string): FaultProxyControl {
  const ask = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await request(new URL(path, url), method, body);
    const text = await response.text();
    if (!response.ok) throw errorOf(response.status, text);
    // The proxy is of the same version as this client, and its types are these.
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  return {
    setToxics: (list) => ask('PUT', '/toxics', list),
    toxics: () => ask('GET', '/toxics'),
    addToxic: (toxic) => ask('POST', '/toxics', toxic),
    removeToxic: (name) => ask('DELETE', `/toxics/${encodeURIComponent(name)}`),
    journal: () => ask('GET', '/journal'),
    counters: () => ask('GET', '/journal/counters'),
    clearJournal: () => ask('DELETE', '/journal'),
    connections: () => ask('GET', '/connections'),
  };
}

async function request(url: URL, method: string, body: unknown): Promise<Response> {
  try {
    return await fetch(url, {
      method,
      signal: AbortSignal.timeout(TIMEOUT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  } catch (error) {
    throw new FaultProxyError('control_unreachable', `the fault proxy at ${url.origin} does not answer`, {
      cause: error,
    });
  }
}

function errorOf(status: number, text: string): FaultProxyError {
  const { success, data } = problemBody.safeParse(parsed(text));
  if (!success) return new FaultProxyError('control_answer', `the fault proxy answered ${status}: ${text}`);
  return new FaultProxyError(data.code, data.detail, { faults: data.faults });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // not of this API: the caller gets the text as it is
  }
}
