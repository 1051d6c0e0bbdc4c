// The rules that hold, in the order in which they speak: a new one is a file beside this one and a line here.
import { arrhythmia } from './arrhythmia.ts';
import { badData } from './bad-data.ts';
import { deviceStatus } from './device-status.ts';
import { news2 } from './news2.ts';
import { noData } from './no-data.ts';
import type { Rule } from './rule.ts';
import { threshold } from './threshold.ts';
import { trend } from './trend.ts';

export const RULES: readonly Rule[] = [threshold, trend, news2, arrhythmia, noData, badData, deviceStatus];
