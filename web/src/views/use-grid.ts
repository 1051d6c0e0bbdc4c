import { useLayoutEffect, useRef, useState } from 'react';
import { columnsFor } from '../state/grid.ts';

/** As many columns as show all tiles at once, as large as they can be. */
export function useGrid(tiles: number) {
  const grid = useRef<HTMLElement>(null);
  const [columns, setColumns] = useState(1);
  useLayoutEffect(() => {
    const element = grid.current;
    if (element === null) return;
    const measure = () => setColumns(columnsFor(tiles, element.clientWidth, element.clientHeight));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [tiles]);
  return { grid, columns };
}
