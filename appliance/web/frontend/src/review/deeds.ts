/** What a person does at the play position: mark a span, raise a flag, export evidence, mute a detector, go to a time. */

import { Problem } from "../lib/api";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { Flag } from "../lib/types";
import { flagTitle } from "../lib/words";
import { row } from "../wall/wire";
import type { Acts } from "./acts";
import { exportDialog } from "./export";
import { timeField, wallOf } from "./moments";
import { raiseDialog, type Choice } from "./raise";
import type { Marks } from "./timeline";
import type { Review } from "./types";

/** What a flag of a person can be about (`ledger/actions/flags.py`). */
const RAISED = ["webcam", "screen", "phone"] as const;
/** Seconds around a flag that are exported with it, and those from here where nothing is marked. */
const AROUND = 10;
const FROM_HERE = 30;

interface Stand {
  review(): Review;
  wall(): number;
  chosen(): Flag | null;
  pause(): void;
  seek(wall: number): void;
  marked(): void;
  raised(flag: string): void;
}

export class Deeds {
  marks: Marks = { in: null, out: null };

  constructor(
    private readonly acts: Acts,
    private readonly choices: readonly Choice[],
    private readonly stand: Stand,
  ) {}

  mark(which: "in" | "out" | "clear"): void {
    const wall = this.stand.wall();
    const { in: from, out: to } = this.marks;
    if (which === "clear") this.marks = { in: null, out: null };
    else if (which === "in") this.marks = { in: wall, out: to !== null && to > wall ? to : null };
    else this.marks = { in: from !== null && from < wall ? from : null, out: wall };
    this.stand.marked();
  }

  /** A flag at the play position; the pictures stop, so that what was seen is still there. `done` hears of it instead of the page. */
  raise(done?: (flag: string) => void): void {
    const review = this.stand.review();
    if (!review.may.raise) return;
    this.stand.pause();
    raiseDialog({
      acts: this.acts, choices: this.choices, wall: this.stand.wall(), marks: this.marks,
      kinds: RAISED.filter((kind) => review.feeds.some((feed) => feed.kind === kind && feed.segments.length)),
      raised: (flag) => {
        this.mark("clear");
        (done ?? this.stand.raised)(flag);
      },
    });
  }

  /** What is marked; of the chosen flag, with some seconds around it; else half a minute from here. */
  export(): void {
    const review = this.stand.review();
    if (!review.may.export) return;
    const flag = this.marks.in === null ? this.stand.chosen() : null;
    const from = this.marks.in ?? (flag ? flag.onset_at - AROUND : this.stand.wall());
    const to = this.marks.out ?? (flag ? (flag.ended_at ?? flag.onset_at) + AROUND : from + FROM_HERE);
    this.stand.pause();
    exportDialog(review, Math.max(review.starts_at, from), Math.min(review.ends_at, to));
  }

  /** From here on this detector raises nothing at this seat: a lead says why. */
  mute(flag: Flag | null = this.stand.chosen()): void {
    const { seat, may } = this.stand.review();
    if (!may.mute) return;
    if (!flag || flag.source !== "inference") return void toast(t("reviewing.mute.choose"));
    const reason = h("textarea", { id: "mute-reason", rows: 3 });
    this.acts.wire.ask({
      title: t("reviewing.mute.title", { what: flagTitle(flag), seat }),
      body: [h("p", {}, t("reviewing.mute.text")), row(t("reviewing.mute.reason"), reason)],
      go: t("reviewing.mute.go"), first: reason,
      run: async () => {
        await this.acts.mute(flag.code, reason.value.trim());
        return t("reviewing.done.muted", { what: flagTitle(flag), seat });
      },
    });
  }

  go(): void {
    const near = this.stand.wall();
    const field = timeField("go-to", near);
    this.acts.wire.ask({
      title: t("reviewing.key.go"), body: [row(t("reviewing.go.time"), field)], go: t("reviewing.go.go"), first: field,
      run: async () => {
        const wall = wallOf(field.value, near);
        if (wall === null) throw new Problem(400, t("reviewing.raise.no_time"), t("reviewing.raise.no_time_hint"));
        this.stand.seek(wall);
      },
    });
  }
}
