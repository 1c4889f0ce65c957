/** How high the lanes of the timeline are, and where each begins. Pure. */

import type { Lane } from "./items";

export type Row = Lane | "sound";

interface Place {
  lane: Row;
  top: number;
  height: number;
}

export interface Lanes {
  list: readonly Place[];
  height: number;
  of(lane: Row): Place | null;
}

const HEIGHTS: Readonly<Record<Exclude<Row, "recording">, number>> = { flags: 60, sound: 38, stages: 22, rests: 22, said: 22, analysis: 18, watched: 18, overlaps: 20 };
const FEED = 9;

export function laneHeights(rows: readonly { lane: Row; feeds: number }[]): Lanes {
  let top = 0;
  const list = rows.map(({ lane, feeds }): Place => {
    const place = { lane, top, height: lane === "recording" ? Math.max(18, 7 + feeds * FEED) : HEIGHTS[lane] };
    top += place.height;
    return place;
  });
  return { list, height: top, of: (lane) => list.find((place) => place.lane === lane) ?? null };
}
