import { memo, useEffect, useRef } from 'react';
import { TRAIL_MS, type Trail } from '../state/trail.ts';

/** Of the line's box: a flat line is no cliff because its values differ by one. */
const LEAST_SPAN = 10;
const INSET_PX = 2;

/** The last five minutes as a line; of a wall of them each is one canvas, drawn when it has another point. */
export const Sparkline = memo(function Sparkline({ trail }: { trail: Trail }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const newest = useRef(trail);
  const look = useRef<Look>(undefined);
  useEffect(() => {
    newest.current = trail;
    if (canvas.current !== null && look.current !== undefined) draw(canvas.current, look.current, trail);
  }, [trail]);
  useEffect(() => {
    const element = canvas.current;
    if (element === null) return;
    // Asked for only here: each question in between would have the whole page laid out anew.
    const observer = new ResizeObserver(([entry]) => {
      if (entry === undefined) return;
      const { width, height } = entry.contentRect;
      look.current = { width, height, colour: getComputedStyle(element).color };
      draw(element, look.current, newest.current);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // What it shows, the value beside it says.
  return (
    <span className="sparkline" aria-hidden="true">
      <canvas ref={canvas} />
    </span>
  );
});

interface Look {
  readonly width: number;
  readonly height: number;
  readonly colour: string;
}

function draw(canvas: HTMLCanvasElement, { width, height, colour }: Look, { atMs, values }: Trail): void {
  const pen = canvas.getContext('2d');
  if (pen === null) return;
  const scale = window.devicePixelRatio;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  pen.clearRect(0, 0, width, height);
  const known = values.filter((value) => value !== null);
  const least = Math.min(...known);
  const span = Math.max(LEAST_SPAN, Math.max(...known) - least);
  const middle = (least + Math.max(...known)) / 2;
  const endMs = atMs.at(-1) ?? 0;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.5;
  pen.lineJoin = 'round';
  pen.beginPath();
  let isDown = false;
  for (const [index, value] of values.entries()) {
    const at = atMs[index];
    if (value === null || at === undefined) {
      isDown = false;
      continue;
    }
    const x = width * (1 - (endMs - at) / TRAIL_MS);
    const y = height / 2 - ((value - middle) / span) * (height - 2 * INSET_PX);
    if (isDown) pen.lineTo(x, y);
    else pen.moveTo(x, y);
    isDown = true;
  }
  pen.stroke();
}
