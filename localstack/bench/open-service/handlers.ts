// Promise: what authorize.bench.ts compares with: the same function, at a route that asks nobody who it is.
export { handler as healthz } from '../../../functions/ops/healthz.ts';
