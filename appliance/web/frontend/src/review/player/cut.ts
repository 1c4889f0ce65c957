/** Which bytes of a file to fetch. Pure. */

import type { Parts } from "../types";

type List = Parts["parts"];

export interface Want {
  /** The first moment that must be there (position, seconds). */
  from: number;
  /** Nothing that begins later. */
  to: number;
  /** No more than this, but always what holds `from`. */
  bytes: number;
  /** The part that follows what a decoder already has; without it, it begins at a key frame. */
  next?: number | undefined;
  /** Is there a picture of this moment already? What replaces the first pictures after a key frame takes the others with it, up
   * to the next key frame: so nothing ends in between. */
  held?: (position: number) => boolean;
}

export interface Cut {
  offset: number;
  length: number;
  /** The part after the last one. */
  next: number;
  begins: number;
  ends: number;
  /** Each part: its offset in the bytes, its length, where it begins and ends. */
  parts: { offset: number; length: number; begins: number; ends: number }[];
}

const TINY = 0.001;

/** Where a file ends by its parts; null for none. */
export function end(parts: List): number | null {
  return parts.reduce<number | null>((latest, part) => Math.max(latest ?? 0, part[2] + part[3]), null);
}

/** One range of whole parts; null where the file has nothing at `from` or later. */
export function cut(parts: List, want: Want): Cut | null {
  const first = want.next ?? begin(parts, want.from);
  const needed = parts.findIndex((part) => part[2] + part[3] > want.from + TINY);
  if (first === null || first >= parts.length || needed < 0) return null;
  let last = Math.max(first, needed);
  const size = (to: number): number => parts.slice(first, to + 1).reduce((sum, part) => sum + part[1], 0);
  while (last + 1 < parts.length && (parts[last + 1]?.[2] ?? 0) < want.to && size(last + 1) <= want.bytes) last += 1;
  for (let after = parts[last + 1]; after && after[4] !== 1 && want.held?.(after[2]); after = parts[last + 1]) last += 1;
  const chosen = parts.slice(first, last + 1);
  const [offset] = chosen[0]!;
  const told = chosen.map(([at, length, begins, lasts]) => ({ offset: at - offset, length, begins, ends: begins + lasts }));
  const tail = told.at(-1)!;
  return { offset, length: tail.offset + tail.length, next: last + 1, begins: told[0]!.begins, ends: Math.max(...told.map((part) => part.ends)), parts: told };
}

/** The last part at or before a moment at which a player can begin; else the first at all. */
export function begin(parts: List, from: number): number | null {
  let found: number | null = null;
  for (const [n, part] of parts.entries()) {
    if (part[4] !== 1) continue;
    if (found !== null && part[2] > from + TINY) break;
    found = n;
  }
  return found;
}

/** Where the next part begins at which a player can; null for none. */
export function keyAfter(parts: List, at: number): number | null {
  return parts.find((part) => part[4] === 1 && part[2] > at)?.[2] ?? null;
}
