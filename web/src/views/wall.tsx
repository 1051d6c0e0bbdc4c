import { useMemo } from 'react';
import { useNow } from '../live/use-now.ts';
import { foremost } from '../state/alert-list.ts';
import { isBlind } from '../state/link-state.ts';
import { AlertRail } from './alert-rail.tsx';
import { useWard } from './station-context.ts';
import { Tile } from './tile.tsx';
import { useGrid } from './use-grid.ts';

const inOrder = new Intl.Collator('en', { numeric: true });

/** Every bed of the ward at once, and beside it what has to be answered. */
export function Wall() {
  const beds = useWard((state) => state.beds);
  const open = useWard((state) => state.alerts);
  const link = useWard((state) => state.link);
  const now = useNow();
  const sorted = useMemo(() => [...beds.values()].sort((one, other) => inOrder.compare(one.bed, other.bed)), [beds]);
  const alerts = useMemo(() => foremost(open ?? []), [open]);
  const { grid, style } = useGrid(sorted.length);
  const isOld = isBlind(link, now);
  return (
    <div className="wall">
      <section aria-label="Beds" className="tiles" ref={grid} style={style}>
        <h1 className="hidden">Beds</h1>
        {sorted.length === 0 && <p className="nothing">No bed of this ward has been heard of yet.</p>}
        {sorted.map((bed) => (
          <Tile key={bed.bed} bed={bed} alert={alerts.get(bed.bed)} now={now} isOld={isOld} />
        ))}
      </section>
      <AlertRail />
    </div>
  );
}
