import { stripVTControlCharacters } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { columnsOf } from './columns.ts';
import { flapCase, latencyCase, lossCase, sampleCase, sampleResult } from './testing/sample-result.ts';
import { verdictTable } from './verdict-table.ts';

const PLAIN = { columns: 80, colour: false };
const lines = (text: string): string[] => text.split('\n');

describe('at 80 columns', () => {
  const table = lines(verdictTable(sampleResult([lossCase, flapCase, latencyCase]), PLAIN));

  test('an expectation stands beside its figures, under aligned heads', () => {
    const row = table.find((line) => line.includes('p95 of http_req_duration')) ?? '';
    expect(row).toMatch(/^✓ p95 of http_req_duration, ms +12\.3 +1,843 +14\.1 {2}holds$/);
    expect(table[table.indexOf(row) + 1]).toMatch(/^ +> 400, > 5× +< 5×$/);
    const head = table.findLast((line) => line.includes('under fault')) ?? '';
    expect(row.indexOf('1,843') + '1,843'.length).toBe(head.indexOf('under fault') + 'under fault'.length);
  });

  test('what was not measured is — and fails, with the reason beneath', () => {
    const at = table.findIndex((line) => line.startsWith('✗ rabbitmq_stream'));
    expect(table[at]).toMatch(/— +— +— {2}fails$/);
    expect(table.slice(at, at + 3).join(' ')).toContain('nothing was measured');
  });

  test('says what became of the messages, and at the end whether the claim held', () => {
    expect(table.join(' ').replace(/ +/g, ' ')).toContain(
      '182 lost (24 patients; none of them acknowledged: their senders know), 0 delivered twice',
    );
    expect(table.at(-2)).toBe('✗ healthcare/2: the claim did not hold, 10 of 12 expectations');
    expect(verdictTable(sampleResult([lossCase]), PLAIN)).toContain(
      '✓ healthcare/2: the claim held, 4 of 4 expectations',
    );
  });
});

test('of purchases says in their words what became of them', () => {
  const delivery = { ...lossCase.delivery, subject: 'purchases' as const, promise: 'none' as const, duplicated: 3 };
  const table = verdictTable(sampleResult([sampleCase({ delivery })]), { columns: 200, colour: false });
  expect(table).toMatch(/no promise: .*5,218 decided, 182 not decided \(24 SKUs; .*\), 3 decided twice/);
});

test('says which workers there were, and when some were killed', () => {
  const kill = [2, 5].map((afterSeconds) => ({ phase: 'fault' as const, afterSeconds, replicas: 1 }));
  const scale = [{ phase: 'recovery' as const, afterSeconds: 1.5, replicas: 6 }];
  const workers = { function: 'fulfil-orders', replicas: 4, scale, kill };
  expect(verdictTable(sampleResult([sampleCase({ workers })]), { columns: 200, colour: false })).toContain(
    "4 workers of fulfil-orders; 6 workers 1.5 s into the phase 'after'; 1 by kill -9 in the phase 'under fault' after 2, 5 s",
  );
});

test('with little room figures stand beneath the expectation', () => {
  const narrow = lines(verdictTable(sampleResult([latencyCase]), { columns: 50, colour: false }));
  expect(narrow).toContain('✓ p95 of http_req_duration, ms: holds');
  expect(narrow).toContain('  baseline 12.3, under fault 1,843 (expected >');
});

test('colour adds nothing but colour', () => {
  const result = sampleResult([flapCase]);
  const painted = verdictTable(result, { columns: 80, colour: true });
  expect(stripVTControlCharacters(painted)).toBe(verdictTable(result, PLAIN));
  expect(painted).not.toBe(verdictTable(result, PLAIN));
  expect(verdictTable(result, PLAIN)).not.toMatch(/(?!\n)\p{Cc}/u);
});

const hostile = fc.string({
  unit: fc.oneof(
    fc.constantFrom('日', '👩‍⚕️', '\u001b[2J', '\n', '\u0007', 'a', ' ', '_'),
    fc.string({ unit: 'binary' }),
  ),
  maxLength: 200,
});

test('whatever names and figures are, no line is wider than the terminal and nothing steers it', () => {
  fc.assert(
    fc.property(hostile, fc.integer({ min: 20, max: 160 }), fc.double(), (text, columns, value) => {
      const row = {
        expectation: text,
        unit: text.slice(0, 12),
        expected: { fault: text },
        baseline: value,
        fault: undefined,
        recovery: 0,
        holds: false,
      };
      const delivery = { ...lossCase.delivery, violations: [text] };
      const one = sampleCase({
        title: text,
        rows: [{ ...row, reason: text, note: text }, row],
        delivery,
        toxics: lossCase.toxics,
      });
      const printed = verdictTable(sampleResult([one]), { columns, colour: false });
      for (const line of lines(printed)) expect(columnsOf(line)).toBeLessThanOrEqual(columns);
      expect(printed).not.toMatch(/(?!\n)\p{Cc}/u);
    }),
  );
});
