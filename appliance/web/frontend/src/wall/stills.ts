/** The newest stills of many candidates: fetched only when there is a newer one, a few at a time, never in a queue. */

import type { Kind, Picture } from "../lib/types";

export interface Still {
  url: string;
  number: number;
  takenAt: number;
}

const AT_ONCE = 6;

export class Stills {
  private readonly shown = new Map<string, Still>();
  private readonly underWay = new Set<string>();

  constructor(private readonly changed: (attempt: string, kind: Kind) => void) {}

  get(attempt: string, kind: Kind): Still | undefined {
    return this.shown.get(`${attempt}/${kind}`);
  }

  /** Ask for it if it is newer than what is shown and there is a hand free; else the next second does. */
  want(attempt: string, kind: Kind, newest: Picture | null | undefined): void {
    const key = `${attempt}/${kind}`;
    if (!newest) return this.forget(key);
    const known = this.shown.get(key);
    if (known?.number === newest.number && known.takenAt >= newest.taken_at - 0.01) return;
    if (this.underWay.has(key) || this.underWay.size >= AT_ONCE) return;
    this.underWay.add(key);
    void this.fetch(attempt, kind, newest).finally(() => this.underWay.delete(key));
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
