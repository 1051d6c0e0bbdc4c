import { describe, expect, test } from 'vitest';
import type { CaseResult } from '../lab-result.ts';
import { renderReport } from './report.ts';
import { type Element, findAll, only, parseMarkup, withTag } from './testing/parse-markup.ts';
import { flapCase, latencyCase, lossCase, lostAlerts, sampleCase, sampleResult } from './testing/sample-result.ts';

const page = (...cases: CaseResult[]): Element => parseMarkup(renderReport(sampleResult(cases)));
const withClass = (within: Element, name: string): Element[] =>
  findAll(within, ({ attributes }) => (attributes['class'] ?? '').split(' ').includes(name));
const rowsOf = (within: Element): string[][] =>
  withTag(only(withClass(within, 'figures')), 'tr').map((row) => row.children.map(({ text }) => text));

describe('the verdict', () => {
  test('is said in words with the number of expectations, and why it did not hold', () => {
    const [held] = withClass(page(lossCase, latencyCase), 'verdict');
    expect(held?.text).toBe('✓The claim held.8 of 8 expectations held in 2 cases.');
    const [failed] = withClass(page(lossCase, flapCase), 'verdict');
    expect(failed?.text).toContain('✗The claim did not hold.6 of 8 expectations held in 2 cases.');
    expect(failed?.text).toContain('consumer back within 2 s of the link (the slowest return took 2.6 s)');
  });

  test('names a broken promise although every expectation held', () => {
    const delivery = { ...latencyCase.delivery, violations: ['2 acknowledged messages were never delivered: a, b'] };
    const broken = page({ ...latencyCase, delivery, holds: false });
    expect(withClass(broken, 'verdict')[0]?.text).toContain('2 acknowledged messages were never delivered: a, b');
    expect(withClass(broken, 'violations')[0]?.text).toContain('The promise was broken');
  });

  test('of each expectation has the figures with their units; what was not measured is — and does not hold', () => {
    const rows = rowsOf(page(latencyCase));
    expect(rows[0]).toEqual(['measured', 'baseline', 'under fault', 'after', 'verdict']);
    expect(rows[1]).toEqual([
      '✓\u00a0p95 of http_req_duration',
      '12.3 ms',
      '1,843 ms> 400, > 5×',
      '14.1 ms< 5×',
      '✓ held',
    ]);
    expect(rowsOf(page(flapCase)).at(-1)).toEqual([
      '✗\u00a0rabbitmq_stream_consumer_lag_messages back to 0nothing was measured',
      '—',
      '—',
      '—',
      '✗ did not hold',
    ]);
  });
});

test('a case says what was set and why, and its faults in words', () => {
  const [facts] = withClass(page(latencyCase), 'facts');
  expect(facts?.text).toContain('200 ms ± 20 ms of latency added, database → backend');
  expect(facts?.text).toContain('30, then 60 a second, by k6/db-first.ts');
  expect(facts?.text).toContain('HEARTLINE_DB_POOL_SIZE = 4, because a small pool');
});

describe('alerts that never reached staff', () => {
  test('are all there, by patient, those who lost most first', () => {
    const patients = findAll(only(withClass(page(lossCase), 'patients')), ({ tag }) => tag === 'details');
    const expected = lossCase.delivery.lostByOwner.toSorted((one, other) => other.lost.length - one.lost.length);
    expect(patients.map((one) => withTag(one, 'tr').length - 1)).toEqual(expected.map(({ lost }) => lost.length));
    expect(patients[0]?.text).toContain(expected[0]?.owner);
    const ids = withClass(only(withClass(page(lossCase), 'patients')), 'id').map(({ text }) => text);
    expect(new Set(ids)).toEqual(new Set(expected.flatMap(({ lost }) => lost.map(({ id }) => id))));
    expect(ids).toHaveLength(182);
  });

  test('a long list is closed at first, and no shorter', () => {
    const delivery = { ...lossCase.delivery, lostByOwner: lostAlerts(2000, 400, 3) };
    const [all] = withClass(page({ ...lossCase, delivery }), 'all');
    expect(all?.attributes).not.toHaveProperty('open');
    expect(withClass(all as Element, 'id')).toHaveLength(2000);
  });

  test('none are said to be none', () => {
    expect(page(latencyCase).text).toContain('None: every alert that was sent reached staff.');
    const unsent = page({
      ...latencyCase,
      delivery: { ...latencyCase.delivery, sent: 0, acknowledged: 0, delivered: 0 },
    });
    expect(unsent.text).not.toContain('None: every alert');
  });
});

describe('purchases', () => {
  const purchases = (differs: Partial<CaseResult['delivery']> = {}): CaseResult =>
    sampleCase({ delivery: { ...lossCase.delivery, subject: 'purchases', promise: 'exactly-once', ...differs } });

  test('that were never decided are listed by SKU, in their own words', () => {
    const { text } = page(purchases({ lostByOwner: [{ owner: 'pump', lost: lostAlerts(2, 1, 3)[0]?.lost ?? [] }] }));
    for (const said of ['What became of the purchases', 'Purchases that were never decided', '2 purchases of 1 SKU'])
      expect(text).toContain(said);
    expect(text).not.toMatch(/became of the alerts|reached staff/);
    expect(page(purchases({ lostByOwner: [] })).text).toContain('None: every purchase that was sent was decided.');
  });

  test('without a promise are counted, and nothing is said to be kept', () => {
    const { text } = page(purchases({ promise: 'none', duplicated: 3 }));
    expect(text).toContain('No promise: what becomes of the purchases is counted, and not judged.');
    expect(text).not.toContain('The promise was kept');
  });
});

describe('charts', () => {
  const svgs = withTag(page(lossCase, flapCase), 'svg');

  test('every one has its phases shaded and its figures in words', () => {
    expect(svgs).toHaveLength((lossCase.charts.length + flapCase.charts.length) * 2);
    for (const svg of svgs) {
      const phases = findAll(svg, ({ attributes }) => attributes['data-phase'] !== undefined);
      expect(phases.map(({ attributes }) => attributes['data-phase'])).toEqual(['baseline', 'fault', 'recovery']);
      expect(svg.attributes['role']).toBe('img');
      expect(svg.attributes['aria-label']).toContain('under fault');
    }
  });

  test('events that only have numbers in the charts are listed in words', () => {
    const list = withTag(only(withClass(page(flapCase), 'events')), 'li').map(({ text }) => text);
    expect(list).toHaveLength(flapCase.marks.length);
    expect(list[0]).toBe('45 s link down');
  });
});

test('the end says how to get it again: command, seed, machine, versions, and what the lab used itself', () => {
  const { text } = page(lossCase);
  for (const said of [
    'npm run lab healthcare/2 -- --seed 42',
    '31 January 2026',
    '6 min 43 s',
    '2 cores AMD EPYC',
    'rabbitmq 4.0.5',
    '0.031',
  ])
    expect(text).toContain(said);
});

describe('the page', () => {
  const evil = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u0000\u202e';
  const hostile = sampleCase({
    title: evil,
    settings: [{ name: evil, value: evil, because: evil }],
    load: { script: evil, rates: [1] },
    rows: [
      {
        expectation: evil,
        expected: { fault: evil },
        unit: evil,
        baseline: 1,
        fault: undefined,
        recovery: 3,
        holds: false,
        reason: evil,
      },
    ],
    charts: [{ title: evil, unit: evil, series: [{ name: evil, points: [[0, 1]] }] }],
    marks: [{ atS: 1, label: evil }],
    delivery: {
      ...lossCase.delivery,
      lostByOwner: [{ owner: evil, lost: [{ id: evil, phase: 'fault', text: evil }] }],
      violations: [evil],
    },
    notes: [evil],
  });
  const result = {
    ...sampleResult([hostile, hostile]),
    command: evil,
    machine: evil,
    versions: { [evil]: evil },
    startedAt: evil,
  };
  const markup = renderReport({ ...result, experiment: { name: evil, title: evil, claim: evil } });
  const parsed = parseMarkup(markup);
  const elements = findAll(parsed, () => true);

  test('takes all text from outside as text', () => {
    const known = new Set(findAll(page(lossCase, flapCase), () => true).map(({ tag }) => tag));
    expect(elements.map(({ tag }) => tag).filter((tag) => !known.has(tag))).toEqual([]);
    expect(
      elements.flatMap(({ attributes }) => Object.keys(attributes)).filter((name) => name.startsWith('on')),
    ).toEqual([]);
    expect(markup).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
  });

  test('asks for nothing from a network and runs no script', () => {
    const addresses = elements.flatMap(({ attributes }) => [attributes['src'], attributes['href']]);
    for (const address of addresses) if (address !== undefined) expect(address).toMatch(/^#case-\d+$/);
    expect(only(withTag(parsed, 'style')).text).not.toMatch(/@import|url\(/);
    const policy = withTag(parsed, 'meta').find(({ attributes }) => attributes['http-equiv']);
    expect(policy?.attributes['content']).toContain("default-src 'none'");
  });

  test('has no id twice, every link leads somewhere, and tables name their columns and rows', () => {
    const ids = elements.flatMap(({ attributes }) => attributes['id'] ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { attributes } of withTag(parsed, 'a')) expect(ids).toContain(attributes['href']?.slice(1));
    for (const { attributes } of elements) {
      if (attributes['aria-labelledby'] !== undefined) expect(ids).toContain(attributes['aria-labelledby']);
    }
    for (const head of withTag(parsed, 'th')) expect(head.attributes['scope']).toMatch(/^(col|row)$/);
  });

  test('of 3 cases with 6 charts of 120 s stays below 1.5 MB', () => {
    expect(lossCase.charts).toHaveLength(6);
    const three = renderReport(sampleResult([lossCase, flapCase, { ...flapCase, name: 'again' }]));
    expect(Buffer.byteLength(three)).toBeLessThan(1_500_000);
  });
});
