import { type MetricType, scanExposition } from '../exposition.ts';
import { parseSeries, type SeriesName } from '../exposition-sample.ts';

interface ParsedSample extends SeriesName {
  readonly value: number;
  readonly timestampMs: number | undefined;
}

interface ParsedPage {
  readonly types: Map<string, MetricType>;
  readonly helps: Map<string, string>;
  readonly samples: ParsedSample[];
}

/** All of a page. */
export function parsePage(page: string, wanted: (name: string) => boolean = () => true): ParsedPage {
  const parsed: ParsedPage = { types: new Map(), helps: new Map(), samples: [] };
  scanExposition(page, {
    wanted,
    onType: (family, type) => parsed.types.set(family, type),
    onHelp: (family, help) => parsed.helps.set(family, help),
    onSample: (series, value, timestampMs) => parsed.samples.push({ ...parseSeries(series), value, timestampMs }),
  });
  return parsed;
}
