import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import pc from 'picocolors';
import { recordingFolders, splitFolders } from '../../localstack/ward/folders.ts';
import { config } from '../../shared/config.ts';
import { PermanentError } from '../../shared/errors.ts';
import { optionsOf } from '../cli/arguments.ts';
import { requireWritable } from '../cli/output-file.ts';
import { qualityOf } from './quality.ts';
import { qualityPicture } from './quality-picture.ts';
import { qualityTable } from './quality-table.ts';
import { type Replayed, replay, staysIn } from './replay.ts';
import { resultJson } from './result-file.ts';

const USAGE = `npm run lab alarm-quality -- [options]

  Replays recorded patients through naive thresholds and through the default
  rules, and says how many alerts either raises, and from the recordings
  themselves whether the rules tell of all that they have to, once, in time,
  and of nothing else. Needs no broker and no database.

  --recordings DIR[,DIR]  folders of recordings (default: HEARTLINE_RECORDINGS,
                          else those that come with the project)
  --json FILE             writes all figures, and each episode, value and gap
                          with its alert (lab/alarm-quality/README.md)
  --picture FILE          writes the bars as SVG

  Exit code: 0 if every expectation holds, 1 if not.
`;

const OPTIONS = {
  recordings: { type: 'string' },
  json: { type: 'string' },
  picture: { type: 'string' },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** The command line of the experiment; `args` are what follows `npm run lab alarm-quality --`. Returns the exit code. */
export async function alarmQualityFromCommandLine(args: string[]): Promise<number> {
  const values = optionsOf(args, OPTIONS, USAGE);
  if (values === undefined) return 0;
  const folders =
    values.recordings === undefined ? recordingFolders(config().recordings) : foldersIn(values.recordings);
  const files = outputFiles(values);
  const replayed: Replayed[] = [];
  for await (const stay of staysIn(folders)) replayed.push(replay(stay));
  if (replayed.length === 0) {
    throw new PermanentError('recording_unreadable', `${folders.join(', ')}: no recording here has a row`);
  }
  const quality = qualityOf(replayed);
  process.stdout.write(qualityTable(quality, { colour: process.stdout.isTTY === true && pc.isColorSupported }));
  const command = ['npm run lab alarm-quality --', ...args].join(' ');
  if (files.json !== undefined) writeFileSync(files.json, resultJson(quality, replayed, command));
  if (files.picture !== undefined) writeFileSync(files.picture, qualityPicture(quality));
  return quality.holds ? 0 : 1;
}

function foldersIn(text: string): string[] {
  const folders = splitFolders(text);
  if (folders.length === 0) throw new PermanentError('argument', `--recordings '${text}': name a folder`);
  return folders.map((folder) => resolve(folder));
}

/** Where the outcome goes; that it can go there is found out before the work. */
function outputFiles({ json, picture }: { json?: string; picture?: string }) {
  const files = {
    json: json === undefined ? undefined : resolve(json),
    picture: picture === undefined ? undefined : resolve(picture),
  };
  if (files.json !== undefined && files.json === files.picture)
    throw new PermanentError('argument', '--json and --picture name the same file.');
  if (files.json !== undefined) requireWritable('--json', files.json);
  if (files.picture !== undefined) requireWritable('--picture', files.picture);
  return files;
}
