import type { TriggerLogger } from './event-source.ts';

const nothing = () => undefined;

/** For a client whose failures are told in another way, by what it throws. */
export const silentLogger: TriggerLogger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
