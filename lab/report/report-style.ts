import { chartVariables, FONT_STACK } from './chart-theme.ts';

const LIGHT = `--page: #f6f8f8; --card: #ffffff; --ink: #16252b; --muted: #56666c; --line: #dfe6e8; --accent: #0b6e74; --accent-soft: #e4f1f1; --bad: #b3261e; --bad-soft: #fbeceb; ${chartVariables('light')}`;
const DARK = `--page: #0e171b; --card: #152025; --ink: #e6eef0; --muted: #9fb0b6; --line: #2a383e; --accent: #5cc7c4; --accent-soft: #14302f; --bad: #ff8a80; --bad-soft: #3a1f1e; ${chartVariables('dark')}`;

/** Below this width, and on paper, the narrow picture of each chart is shown. */
const NARROW_BELOW_PX = 760;

export const STYLE = `
:root { color-scheme: light dark; ${LIGHT} }
@media (prefers-color-scheme: dark) { :root { ${DARK} } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.55 ${FONT_STACK}; font-variant-numeric: tabular-nums; }
main { max-width: 1260px; margin: 0 auto; padding: 40px 28px 72px; }
h1, h2, h3 { line-height: 1.2; text-wrap: balance; overflow-wrap: anywhere; }
h1 { font-size: 34px; letter-spacing: -0.015em; margin: 6px 0 14px; max-width: 28em; }
h2 { font-size: 24px; letter-spacing: -0.01em; margin: 4px 0 0; }
h3 { font-size: 16px; margin: 32px 0 10px; }
p { margin: 0 0 10px; max-width: 72ch; overflow-wrap: anywhere; }
a { color: var(--accent); text-underline-offset: 2px; }
code, pre { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; font-size: 0.9em; }
pre { margin: 0; padding: 12px 14px; background: var(--page); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.eyebrow { margin: 0; color: var(--accent); font-size: 13px; font-weight: 600; letter-spacing: 0.04em; }
.claim { font-size: 18px; color: var(--muted); margin-bottom: 24px; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 24px 28px 28px; margin-top: 28px; }
.verdict { display: flex; gap: 16px; align-items: flex-start; padding: 18px 22px; border-radius: 10px; border: 1px solid var(--accent); border-left-width: 6px; background: var(--accent-soft); }
.verdict.bad { border-color: var(--bad); background: var(--bad-soft); }
.verdict > div { min-width: 0; overflow-wrap: anywhere; }
.verdict .sign { font-size: 30px; line-height: 1; color: var(--accent); }
.verdict.bad .sign { color: var(--bad); }
.verdict strong { display: block; font-size: 21px; line-height: 1.3; }
.verdict ul { margin: 6px 0 0; padding-left: 20px; }
.chip { display: inline-block; white-space: nowrap; font-size: 14px; font-weight: 600; color: var(--accent); }
.chip.bad { color: var(--bad); }
.muted { color: var(--muted); }
.casehead { display: flex; flex-wrap: wrap; gap: 4px 20px; align-items: baseline; justify-content: space-between; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 6px 22px; margin: 16px 0 0; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.facts ul { margin: 0; padding: 0; list-style: none; }
.because { color: var(--muted); }
.scroll { overflow-x: auto; margin: 0 -4px; padding: 0 4px; }
table { border-collapse: collapse; width: 100%; font-size: 15px; }
th, td { text-align: left; padding: 9px 14px 9px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th:last-child, td:last-child { padding-right: 0; }
thead th { font-size: 13px; font-weight: 600; color: var(--muted); border-bottom-color: var(--muted); white-space: nowrap; }
tbody th { font-weight: 400; min-width: 15em; overflow-wrap: anywhere; }
.number { text-align: right; white-space: nowrap; }
.figures .number + td { padding-left: 14px; }
td.fault { font-weight: 600; }
.phonesign { display: none; }
.expected { display: block; color: var(--muted); font-size: 13px; font-weight: 400; }
.reason { display: block; color: var(--bad); font-size: 14px; }
.charts { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 30px 34px; }
.charts figure { margin: 0; min-width: 0; }
.charts svg { display: block; width: 100%; height: auto; }
.charts .narrow { display: none; }
.events { columns: 3 16em; column-gap: 34px; margin: 8px 0 0; padding-left: 30px; font-size: 14px; }
.events li { break-inside: avoid; padding-left: 2px; overflow-wrap: anywhere; }
.events b { font-weight: 600; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(128px, 1fr)); gap: 1px; margin: 12px 0 18px; background: var(--line); border: 1px solid var(--line); border-radius: 8px; overflow: hidden; }
.tiles div { background: var(--card); padding: 12px 16px; }
.tiles dt { font-size: 13px; color: var(--muted); }
.tiles dd { margin: 0; font-size: 23px; font-weight: 600; letter-spacing: -0.01em; }
.tiles dd small { font-size: 13px; font-weight: 400; color: var(--muted); letter-spacing: 0; margin-left: 4px; }
.tiles .bad dd { color: var(--bad); }
.violations { color: var(--bad); }
summary { cursor: pointer; }
.patients { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0 34px; align-items: start; margin-top: 8px; }
.patients details { border-bottom: 1px solid var(--line); padding: 7px 0; min-width: 0; }
.patients details[open] { grid-column: 1 / -1; }
.patients summary { max-width: 590px; display: grid; grid-template-columns: 1em minmax(7em, 14em) 1fr max-content; gap: 10px; align-items: center; list-style: none; }
.patients summary::-webkit-details-marker { display: none; }
.patients summary::before { content: '▸'; color: var(--muted); }
.patients details[open] > summary::before { content: '▾'; }
.patients .who { font-weight: 600; overflow-wrap: anywhere; }
.bar { height: 8px; border-radius: 2px; background: var(--bad); opacity: 0.75; min-width: 2px; }
.patients table { margin: 8px 0 6px 26px; width: calc(100% - 26px); font-size: 14px; }
.patients td { padding-top: 5px; padding-bottom: 5px; overflow-wrap: anywhere; }
.patients .id { font-family: ui-monospace, 'SF Mono', Menlo, Consolas, 'Liberation Mono', monospace; font-size: 12.5px; color: var(--muted); }
.notes { margin: 0; padding-left: 20px; max-width: 72ch; overflow-wrap: anywhere; }
@media (max-width: ${NARROW_BELOW_PX}px) {
  main { padding: 24px 14px 48px; }
  h1 { font-size: 26px; }
  h2 { font-size: 20px; }
  .claim { font-size: 16px; }
  .card { padding: 18px 16px 22px; margin-top: 18px; }
  .charts, .patients { grid-template-columns: minmax(0, 1fr); }
  .charts .wide { display: none; }
  .charts .narrow { display: block; }
  tbody th { min-width: 12em; }
  .phonesign { display: inline; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 10px; }
  .tiles { grid-template-columns: repeat(2, 1fr); }
  .patients summary { grid-template-columns: 1em minmax(6em, 10em) 1fr max-content; }
}
@media print {
  :root { color-scheme: light; ${LIGHT} --page: #ffffff; }
  @page { size: A4; margin: 14mm; }
  body { font-size: 10.5pt; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
  main { padding: 0; max-width: none; }
  h1 { font-size: 20pt; }
  h2 { font-size: 15pt; }
  h3 { font-size: 11.5pt; }
  h2, h3, summary { break-after: avoid; }
  table { font-size: 9.5pt; }
  .card { border: 0; border-top: 1px solid var(--line); border-radius: 0; padding: 14px 0 0; }
  .charts { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 18px 22px; }
  .charts .wide { display: none; }
  .charts .narrow { display: block; }
  figure, tr, .verdict, .tiles { break-inside: avoid; }
  .scroll { overflow: visible; }
  tbody th { min-width: 0; }
  .patients { display: block; }
  details::details-content { content-visibility: visible; block-size: auto; }
}
`;
