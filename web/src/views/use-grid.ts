import { type CSSProperties, useLayoutEffect, useRef, useState } from 'react';
import { columnsFor, tileSize } from '../state/grid.ts';

const ONE_PER_CENT = 0.01;
/** As in wall.css, where a narrow screen has one column of tiles of this height; in pixels. */
const NARROW_PX = 900;
const NARROW_TILE_HEIGHT_PX = 176;

/** The header; a banner below it takes rows some height, and moves no bed to another place. */
const HEADER_PX = 48;

/** As many columns as show all tiles at once, as large as they can be; as the grid's style. */
export function useGrid(tiles: number) {
  const grid = useRef<HTMLElement>(null);
  const [style, setStyle] = useState<CSSProperties>({});
  useLayoutEffect(() => {
    const element = grid.current;
    if (element === null) return;
    const measure = () => setStyle(styleOf(tiles, element.clientWidth, element.clientHeight));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, [tiles]);
  return { grid, style };
}

function styleOf(tiles: number, width: number, height: number): CSSProperties {
  const isNarrow = window.innerWidth <= NARROW_PX;
  const columns = isNarrow ? 1 : columnsFor(tiles, width, window.innerHeight - HEADER_PX);
  const tile = isNarrow ? { width, height: NARROW_TILE_HEIGHT_PX } : tileSize(tiles, columns, width, height);
  const perCent = (px: number) => `${(px * ONE_PER_CENT).toFixed(3)}px`;
  return { '--columns': columns, '--tile-w': perCent(tile.width), '--tile-h': perCent(tile.height) } as CSSProperties;
}
