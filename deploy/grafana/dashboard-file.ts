import { readdirSync, readFileSync } from 'node:fs';
import { z } from 'zod';

const FOLDER = new URL('dashboards/', import.meta.url);

const target = z.object({ expr: z.string().min(1), legendFormat: z.string(), instant: z.boolean() });

const panel = z.object({
  type: z.enum(['row', 'stat', 'timeseries']),
  title: z.string(),
  description: z.string().optional(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  fieldConfig: z.object({ defaults: z.object({ unit: z.string() }) }).optional(),
  targets: z.array(target).default([]),
});

const dashboardFile = z.object({ uid: z.string(), title: z.string(), panels: z.array(panel) });

/** What is read of a dashboard as Grafana has it. */
export type DashboardFile = z.output<typeof dashboardFile>;
export type PanelFile = DashboardFile['panels'][number];

/** Reads a dashboard's JSON. Throws a ZodError that names what is not as Grafana has it. */
export function parseDashboard(json: string): DashboardFile {
  return dashboardFile.parse(JSON.parse(json));
}

/** The dashboards that docker compose provisions. */
export function committedDashboards(): DashboardFile[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => parseDashboard(readFileSync(new URL(file, FOLDER), 'utf8')));
}
