export { type AppliedFault, type Recovery, recoveries, throughput } from './recovery/recoveries.ts';
export { FAULT_KINDS, type Fault, type FaultAction, type FaultKind, type Schedule } from './schedule/fault.ts';
export { type ScheduleOptions, schedule } from './schedule/schedule.ts';
export { faultWords, scheduleTable } from './schedule/schedule-table.ts';
export type { DeadLetter, Effect, History, Intent, KeySum, ProducerEntry, TakeOver } from './verdict/history.ts';
export { type Breach, type Counts, type Verdict, type Violation, verdict } from './verdict/verdict.ts';
