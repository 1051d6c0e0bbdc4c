export { checkDelivery } from './check-delivery.ts';
export { withExamples } from './examples.ts';
export { type Fate, type Fates, traceFates } from './fates.ts';
export type { DeliveredMessage, DeliveryPromise, History, PromiseKind, SentMessage } from './history.ts';
export { type Distribution, distribution, quantile } from './quantile.ts';
export type { Breach, CheckOptions, Counts, LostOfKey, Verdict, Violation } from './verdict.ts';
