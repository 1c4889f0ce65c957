/** Stretches of time as pairs of wall seconds: together, and one without others. Pure. */

export type Pair = readonly [from: number, to: number];

/** The same time, in order, each moment once. */
export function union(spans: readonly Pair[]): Pair[] {
  const merged: [number, number][] = [];
  for (const [from, to] of spans.filter((span) => span[1] > span[0]).sort((a, b) => a[0] - b[0])) {
    const last = merged.at(-1);
    if (last && from <= last[1]) last[1] = Math.max(last[1], to);
    else merged.push([from, to]);
  }
  return merged;
}

/** What of `spans` is not in `taken`. */
export function without(spans: readonly Pair[], taken: readonly Pair[]): Pair[] {
  const holes = union(taken);
  return union(spans).flatMap(([from, to]) => {
    const left: Pair[] = [];
    let at = from;
    for (const [holeFrom, holeTo] of holes) {
      if (holeTo <= at || holeFrom >= to) continue;
      if (holeFrom > at) left.push([at, holeFrom]);
      at = Math.max(at, holeTo);
    }
    if (at < to) left.push([at, to]);
    return left;
  });
}

export function seconds(spans: readonly Pair[]): number {
  return union(spans).reduce((sum, [from, to]) => sum + to - from, 0);
}

export function holds(spans: readonly Pair[], at: number): boolean {
  return spans.some(([from, to]) => at >= from && at < to);
}
