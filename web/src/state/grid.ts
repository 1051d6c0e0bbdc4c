/** Below it a tile's figures are no longer read from a bed's distance; in pixels. */
const TILE_MIN_PX = { width: 150, height: 130 };
/** A tile's figures fit it best when it is that much wider than high. */
const BEST_RATIO = 1.05;
const COLUMNS_MAX = 12;

/** How many columns show so many tiles in a place of that size, each as large as can be. A narrow place has one, and scrolls. */
export function columnsFor(tiles: number, width: number, height: number): number {
  const most = Math.max(1, Math.min(COLUMNS_MAX, tiles, Math.floor(width / TILE_MIN_PX.width)));
  let best = { columns: most, size: 0 };
  for (let columns = 1; columns <= most; columns += 1) {
    const tileHeight = Math.max(TILE_MIN_PX.height, height / Math.ceil(tiles / columns));
    // What a tile can be used for: neither a strip nor a column is.
    const size = Math.min(width / columns, tileHeight * BEST_RATIO);
    const fits = Math.ceil(tiles / columns) * TILE_MIN_PX.height <= height;
    if (fits && size > best.size) best = { columns, size };
  }
  return best.columns;
}

/** A tile's size where so many are shown in so many columns. */
export function tileSize(tiles: number, columns: number, width: number, height: number) {
  const rows = Math.max(1, Math.ceil(tiles / columns));
  return { width: width / columns, height: Math.max(TILE_MIN_PX.height, height / rows) };
}
