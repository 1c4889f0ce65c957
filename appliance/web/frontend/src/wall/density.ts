/** How many columns of tiles a window takes, so that all are seen and each is as large as can be. Pure. */

/** A tile is a 16:9 picture with lines of text below it (px). */
const FOOT = 66;
const GAP = 8;
/** Narrower than this a face cannot be made out at arm's length; then the tiles scroll. */
export const SMALLEST = 148;
/** Wider than this helps nobody. */
export const LARGEST = 900;

/** Columns for `count` tiles in `width` x `height` px; at least 1. */
export function columns(count: number, width: number, height: number): number {
  if (count <= 0 || width <= 0) return 1;
  const most = Math.max(1, Math.floor((width + GAP) / (SMALLEST + GAP)));
  let best = 1;
  let size = 0;
  for (let n = 1; n <= Math.min(most, count); n += 1) {
    const rows = Math.ceil(count / n);
    const across = (width - (n - 1) * GAP) / n;
    const down = (((height - (rows - 1) * GAP) / rows - FOOT) * 16) / 9;
    const fits = Math.min(across, down);
    if (fits > size) [best, size] = [n, fits];
  }
  return size < SMALLEST ? Math.min(most, count) : best;
}

/** The widest that a tile may be, so that all rows are in sight (px). */
export function widest(count: number, across: number, width: number, height: number): number {
  const rows = Math.ceil(Math.max(1, count) / across);
  const down = (((height - (rows - 1) * GAP) / rows - FOOT) * 16) / 9;
  const fits = Math.min((width - (across - 1) * GAP) / across, down);
  return Math.min(LARGEST, Math.max(SMALLEST, Math.floor(fits)));
}

/** What there is room for in a tile so wide. */
export function size(wide: number): "small" | "middle" | "large" {
  if (wide < 200) return "small";
  return wide < 300 ? "middle" : "large";
}
