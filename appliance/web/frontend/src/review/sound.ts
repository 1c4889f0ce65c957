/** How loud it was, as the box measured it: a byte for each tenth of a second or so, on the feed's own time. Pure, but for asking. */

import { get } from "../lib/api";
import type { Kind } from "../lib/types";
import type { Loudness } from "./types";

export interface Sound {
  kind: Kind;
  /** Wall time of the first level. */
  begins_at: number;
  per_second: number;
  /** 0: nothing recorded; 1 to 255: -90 to 0 dBFS. */
  levels: Uint8Array;
  done: boolean;
}

export const QUIETEST = -90;

export function decibels(level: number): number {
  return level === 0 ? -Infinity : QUIETEST + ((level - 1) * -QUIETEST) / 254;
}

export function soundOf(kind: Kind, begins_at: number, said: Loudness): Sound {
  const text = atob(said.levels);
  return { kind, begins_at, per_second: said.per_second, levels: Uint8Array.from(text, (letter) => letter.charCodeAt(0)), done: said.done };
}

export async function askSound(api: string, kind: Kind, begins_at: number): Promise<Sound> {
  return soundOf(kind, begins_at, await get<Loudness>(`${api}/${kind}/loudness`));
}

/** The loudest level between two wall times; null where the box has not measured yet. */
export function loudest(sound: Sound, from: number, to: number): number | null {
  const first = Math.max(0, Math.floor((from - sound.begins_at) * sound.per_second));
  const last = Math.ceil((to - sound.begins_at) * sound.per_second);
  if (first >= sound.levels.length) return sound.done || last <= 0 ? 0 : null;
  let most = 0;
  for (let n = first; n < Math.min(last, sound.levels.length); n++) most = Math.max(most, sound.levels[n] ?? 0);
  return most;
}

/** The level in the middle of all that were recorded: what the room sounds like when nobody speaks. */
export function usual(sound: Sound): number {
  const counts = new Uint32Array(256);
  for (const level of sound.levels) counts[level]!++;
  const all = sound.levels.length - (counts[0] ?? 0);
  let seen = 0;
  for (let level = 1; level < 256; level++) {
    seen += counts[level] ?? 0;
    if (seen * 2 >= all && all) return level;
  }
  return 0;
}
