import type { AlertItem } from '../../../shared/alert-desk/alert-item.ts';

/** As IEC 60601-1-8 marks priorities: by colour, and by how many strokes for who cannot see the colour. Shapes differ, too. */
const SHAPES = {
  high: { outline: 'M12 1.5 23 22.5H1Z', strokes: [8.6, 12, 15.4], top: 11, foot: 17.4 },
  medium: { outline: 'M12 1 23 12 12 23 1 12Z', strokes: [9.8, 14.2], top: 7, foot: 13.6 },
  low: { outline: 'M12 2a10 10 0 1 1 0 20 10 10 0 1 1 0-20Z', strokes: [12], top: 6.4, foot: 13.6 },
} as const satisfies Record<AlertItem['priority'], object>;

const DOT_BELOW = 3;
const DOT_RADIUS = 1.15;

/** Decoration: whoever uses it says the priority in words, too. */
export function PriorityMark({ priority, isHollow = false }: { priority: AlertItem['priority']; isHollow?: boolean }) {
  const { outline, strokes, top, foot } = SHAPES[priority];
  return (
    <svg className={`mark mark-${priority} ${isHollow ? 'hollow' : ''}`} viewBox="0 0 24 24" aria-hidden="true">
      <path d={outline} className="outline" />
      {strokes.map((x) => (
        <g key={x}>
          <path d={`M${x} ${top}V${foot}`} className="stroke" />
          <circle cx={x} cy={foot + DOT_BELOW} r={DOT_RADIUS} className="dot" />
        </g>
      ))}
    </svg>
  );
}
