/** The newest stills of many candidates: fetched only when there is a newer one, a few at a time. */

import type { Kind, Picture } from "../lib/types";

export interface Still {
  url: string;
  number: number;
  takenAt: number;
}

const AT_ONCE = 6;

export class Stills {
  private readonly shown = new Map<string, Still>();
  private readonly wanted = new Map<string, { attempt: string; kind: Kind; newest: Picture }>();
  private readonly underWay = new Set<string>();

  constructor(private readonly changed: (attempt: string, kind: Kind) => void) {}

  get(attempt: string, kind: Kind): Still | undefined {
    return this.shown.get(`${attempt}/${kind}`);
  }

  /** The newest that there is. What is not shown yet is fetched: at most one wish a feed, the oldest picture first. */
  want(attempt: string, kind: Kind, newest: Picture | null | undefined): void {
    const key = `${attempt}/${kind}`;
    if (!newest) {
      this.wanted.delete(key);
      return this.forget(key);
    }
    const known = this.shown.get(key);
    if (known?.number === newest.number && known.takenAt >= newest.taken_at - 0.01) return;
    this.wanted.set(key, { attempt, kind, newest });
    this.pump();
  }

  private pump(): void {
    const free = [...this.wanted.keys()].filter((key) => !this.underWay.has(key));
    const lag = new Map(free.map((key) => [key, behind(key, this.shown.get(key), this.wanted.get(key)?.newest)]));
    free.sort((a, b) => (lag.get(b) ?? 0) - (lag.get(a) ?? 0));
    for (const key of free.slice(0, AT_ONCE - this.underWay.size)) {
      const wish = this.wanted.get(key);
      if (!wish) continue;
      this.wanted.delete(key);
      this.underWay.add(key);
      void this.fetch(wish.attempt, wish.kind, wish.newest).finally(() => {
        this.underWay.delete(key);
        this.pump();
      });
    }
  }

  private async fetch(attempt: string, kind: Kind, newest: Picture): Promise<void> {
    try {
      const response = await fetch(`/api/attempts/${attempt}/picture/${kind}`, { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (!response.ok) return;
      const url = URL.createObjectURL(await response.blob());
      const takenAt = Number(response.headers.get("X-Taken-At")) || newest.taken_at;
      this.forget(`${attempt}/${kind}`);
      this.shown.set(`${attempt}/${kind}`, { url, number: Number(response.headers.get("ETag")?.replaceAll(/\D/g, "")) || newest.number, takenAt });
      this.changed(attempt, kind);
    } catch {
      // the line says that it is broken, and the age of the old still says how old it is
    }
  }

  private forget(key: string): void {
    const old = this.shown.get(key);
    this.shown.delete(key);
    if (old) setTimeout(() => URL.revokeObjectURL(old.url), 2000);
  }
}

/** A screen changes seldom: it may be so much older than a camera's picture before its turn comes. On a line that carries fewer
 * pictures than there are, every feed still has its turn. */
const SCREEN_WEIGHT = 0.4;
/** What was never shown is shown first, cameras ahead (s). */
const NEVER_SHOWN = 1e6;

/** How urgent a newer picture of a feed is: seconds that the shown one lags, weighed. */
export function behind(key: string, shown: Pick<Still, "takenAt"> | undefined, newest: Pick<Picture, "taken_at"> | undefined): number {
  const seconds = shown && newest ? Math.max(0, newest.taken_at - shown.takenAt) : NEVER_SHOWN;
  return seconds * (key.endsWith("/screen") ? SCREEN_WEIGHT : 1);
}
