import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { committedDashboards } from './dashboard-file.ts';
import { drawDashboard, type PictureOptions } from './picture.ts';

/** Draws every dashboard as `<folder>/<uid>.svg`, and says which files it wrote. Throws as `drawDashboard` does. */
export async function drawDashboards(
  prometheusUrl: string,
  folder: string,
  options: PictureOptions,
): Promise<readonly string[]> {
  mkdirSync(folder, { recursive: true });
  const files: string[] = [];
  for (const dashboard of committedDashboards()) {
    const file = join(folder, `${dashboard.uid}.svg`);
    writeFileSync(file, await drawDashboard(dashboard, prometheusUrl, options));
    files.push(file);
  }
  return files;
}
