import type { ScheduleOptions } from '../schedule/schedule.ts';
import type { Breach } from '../verdict/verdict.ts';

/** A way to break the promise on purpose; the verdict has to find it. */
export interface Mutant {
  /** What is wrong with it. */
  readonly title: string;
  /** A function of workload/serverless.yml. */
  readonly function: string;
  /** The producer's own --mutant. */
  readonly producer?: string;
  /** The faults by which it shows; one that does its own harm needs none. */
  readonly schedule: ScheduleOptions;
  /** What it is found by, at least. */
  readonly breach: Breach;
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  'position-before-effect': {
    title: 'commits the position, is killed, and would then commit the effect',
    function: 'position-before-effect',
    schedule: { kinds: [] },
    breach: 'lost',
  },
  'no-dedupe': {
    title: 'applies whatever is delivered',
    function: 'no-dedupe',
    schedule: { kinds: ['duplicate'] },
    breach: 'twice',
  },
  'no-fence': {
    title: 'commits although another owns the partition by now',
    function: 'no-fence',
    schedule: { kinds: [] },
    breach: 'stale owner',
  },
  'ack-before-confirm': {
    title: 'the device takes for accepted what it has handed to the link',
    function: 'right',
    producer: 'ack-before-confirm',
    schedule: { kinds: ['cut'], links: ['devices-broker'] },
    breach: 'lost',
  },
  'no-failure-destination': {
    title: 'what is given up on goes nowhere',
    function: 'no-failure-destination',
    schedule: { kinds: [] },
    breach: 'poison lost',
  },
};
