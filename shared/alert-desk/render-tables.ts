import type { Phase } from './alert-state.ts';
import { COMMANDS, PERMISSIONS, ROLES } from './roles.ts';
import { type Cell, TABLE, type Trigger } from './transition-table.ts';

const PHASES = Object.keys(TABLE) as Phase[];
const TRIGGERS = Object.keys(TABLE.active) as Trigger[];

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');

function textOf(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'string') return `\`${cell}\``;
  const { to, does, unless } = cell;
  return `**${to}**: ${does.join(', ')}${unless === undefined ? '' : `; unless \`${unless}\``}`;
}

/** What becomes of an alert, as the README shows it. */
export const renderTransitions = (): string =>
  table(
    ['', ...PHASES],
    TRIGGERS.map((trigger) => [trigger, ...PHASES.map((phase) => textOf(TABLE[phase][trigger]))]),
  );

/** Who may say what, as the README shows it. */
export const renderPermissions = (): string =>
  table(
    ['', ...COMMANDS],
    ROLES.map((role) => [role, ...COMMANDS.map((command) => PERMISSIONS[role][command])]),
  );
