export {
  type Checkpoint,
  type ConsumerState,
  type Fence,
  moveCheckpoint,
  removalOfPosition,
  takeOver,
} from './consumer-store.ts';
export { type GroupedCall, gather } from './gather.ts';
export {
  type ItemOutcome,
  type OnceBatchOptions,
  type OnceOptions,
  type OnceResult,
  once,
  onceBatch,
} from './once.ts';
export { OnceError, type OnceErrorCode } from './once-error.ts';
export { PostgresPersistenceLayer, type PostgresPersistenceOptions } from './postgres-persistence-layer.ts';
export type { Prepared } from './prepared.ts';
export { type PurgeOptions, purgeExpired } from './purge-store.ts';
export type { Queryable } from './record-store.ts';
export type { ConnectionPool, Transaction } from './transaction-store.ts';
