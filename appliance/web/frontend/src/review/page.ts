/** The review of one attempt: pictures above, the timeline below them, the flags that walk it on the right. */

import { get, post, problemOf } from "../lib/api";
import { now, synchronise } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import { complain, toast } from "../lib/toast";
import type { Boot, Flag, Judged, LedgerEvent } from "../lib/types";
import { flagTitle } from "../lib/words";
import type { Reasoned } from "../wall/items";
import { row } from "../wall/wire";
import { Acts } from "./acts";
import { alignment } from "./alignment";
import { exportDialog } from "./export";
import { FlagPanel } from "./flags";
import { Hover } from "./hover";
import { dateOf, here, itemsOf, type Item } from "./items";
import { Lists } from "./lists";
import { timeField, wallOf } from "./moments";
import { Player, type Moment } from "./player/player";
import { quiet } from "./quiet";
import { raiseDialog, type Choice } from "./raise";
import { Recommendations } from "./recommend";
import { SamplePanel } from "./sample";
import { askSound, type Sound } from "./sound";
import { applied, beside, emptiness, newer } from "./story";
import { Timeline, type Marks } from "./timeline";
import { speedBeside, Transport } from "./transport";
import type { Review } from "./types";
import { Watched } from "./watching";

export interface ReviewBoot extends Boot {
  attempt: string;
  sample: string | null;
  choices: Choice[];
  /** Seconds that the lab's clock is ahead of UTC. */
  zone: number;
}

const LATER_MS = 5000;
const SOON_MS = 300;
const SOUND_AGAIN_MS = 4000;
/** What a flag of a person can be about (`ledger/actions/flags.py`). */
const RAISED = ["webcam", "screen", "phone"] as const;
/** The recording of a candidate who is still there grows: look again after this. */
const LIVE_MS = 10_000;
/** Seconds by which a player may be past a moment at which it stops. */
const BEYOND = 0.5;
/** A jump to a flag begins a little before it. */
const BEFORE_FLAG = 2;

export class ReviewPage {
  readonly element: HTMLElement;
  readonly acts: Acts;
  private readonly player: Player;
  private readonly timeline: Timeline;
  private readonly flags: FlagPanel;
  private readonly transport: Transport;
  private readonly lists: Lists;
  private readonly recommendations: Recommendations;
  private readonly watched: Watched;
  private readonly said = h("p", { class: "rv-here" });
  private readonly aligned = h("p", { class: "hint" });
  private readonly empty = h("div", { class: "empty", hidden: true });
  private readonly live = h("span", { class: "rv-live", hidden: true }, t("reviewing.live"));
  private items: Item[] = [];
  private sounds: Sound[] = [];
  private judged: Judged | null = null;
  private marks: Marks = { in: null, out: null };
  private skipping = false;
  private stopping = false;
  private timer = 0;
  private due = Infinity;
  private askedAt = Date.now();
  /** How far the pictures were apart when they last played, ms. */
  private spread: number | null = null;
  private played = false;
  private leaving = false;

  /** `line`: is the box there? */
  constructor(
    private review: Review,
    private readonly boot: ReviewBoot,
    line: () => boolean,
  ) {
    const api = `/api/review/${review.attempt}`;
    this.acts = new Acts(review.attempt, line, () => this.askAgain(0));
    this.watched = new Watched((spans) => post(`${api}/watched`, { spans }).then(() => undefined));
    this.player = new Player(review, {
      folder: `/media/${review.exam.exam}/${review.attempt}`, api, change: (moment) => this.moved(moment),
      watched: (span) => { this.watched.add(span); this.review.watched.push({ ...span, by: boot.viewer.user }); this.draw(); },
    });
    const kinds = review.feeds.filter((feed) => feed.segments.length).map((feed) => feed.kind);
    this.timeline = new Timeline({ seek: (wall) => this.seek(wall), select: (flag) => this.select(flag), hover: (at) => hover.show(at) });
    const hover = new Hover(() => kinds.find((kind) => kind !== "call") ?? null, (kind, wall) => this.player.still(kind, wall));
    this.timeline.element.append(hover.element);
    const sample = review.sample;
    this.transport = new Transport({
      toggle: () => this.player.toggle(), move: (seconds) => this.move(seconds), step: (frames) => this.player.step(frames), flag: (way) => this.walk(way),
      speed: (speed) => { this.player.speed = speed; }, stopAtFlags: (on) => { this.stopping = on; this.rules(); },
      skipQuiet: (on) => this.skip(on), mark: (which) => this.mark(which), go: () => this.go(),
    }, sample === null);
    this.flags = new FlagPanel({
      select: (flag) => (flag ? this.select(flag) : this.flags.select(null)), decide: (flag, decision, reason) => void this.acts.decide(flag, decision, reason),
      note: (flag, text) => this.acts.note(flag, text), mute: (flag) => this.mute(flag), seek: (wall) => this.seek(wall), judged: () => this.judged,
    }, h("div", { class: "item-actions" }, review.may.raise ? h("button", { type: "button", class: "small", onclick: () => this.raise() }, h("kbd", { "aria-hidden": "true" }, "F"), t("reviewing.raise.open")) : null));
    this.lists = new Lists((item) => this.choose(item));
    this.recommendations = new Recommendations(this.acts, boot.viewer.user, boot.may.override_end);
    const queue = `/review/${review.exam.exam}`;
    const right = sample
      ? [new SamplePanel({ acts: this.acts, sample, queue, raise: (done) => this.raise(done) }).element]
      : [this.flags.element, this.recommendations.element];
    this.element = h("div", { class: "rv" },
      h("div", { class: "rv-left" }, this.empty, h("div", { class: "rv-pictures" }, this.player.element), this.transport.element,
        h("div", { class: "rv-under" }, this.said, this.live, ...(sample ? [] : [this.transport.marking]), this.timeline.zoomButtons), this.timeline.element, this.aligned, ...(sample ? [] : [this.lists.element])),
      h("div", { class: "rv-right" }, ...right));
    this.draw();
    this.moved(this.player.moment);
    void this.hear();
    if (!sample) void this.ask();
  }

  /** Where it begins: a flag or a moment that was asked for, or the beginning. */
  begin(at: number | null, chosen: string | null): void {
    const flag = this.review.flags.find((one) => one.flag === chosen);
    if (this.review.sample) return this.seek(this.review.sample.starts_at);
    if (flag) return this.select(flag.flag);
    if (at !== null) return this.seek(at);
    this.seek(this.review.starts_at);
  }

  /** What happened while the page is open. */
  heard(events: readonly LedgerEvent[]): void {
    let changed = false;
    for (const event of events) {
      const next = applied(this.review, event);
      if (next === "soon") this.askAgain(SOON_MS);
      else if (next === "later") this.askAgain(LATER_MS);
      else if (next !== this.review) {
        changed ||= next.flags !== this.review.flags || next.notes !== this.review.notes || next.messages !== this.review.messages;
        this.review = next;
      }
    }
    if (changed) this.draw();
  }

  private draw(): void {
    const { review } = this;
    this.items = itemsOf(review);
    this.timeline.draw(review, this.items, this.sounds, this.marks, this.flags.selected);
    this.flags.draw(review);
    this.recommendations.draw(review);
    this.lists.draw(this.items);
    this.live.hidden = !review.live;
    this.emptied();
    this.rules();
  }

  private emptied(): void {
    const found = emptiness(this.review);
    this.empty.hidden = found === null;
    set(this.element, "data-empty", found?.state);
    if (!found) return;
    const name = found.state === "deleted" ? "deleted" : this.review.live ? "not_yet" : "none";
    const date = found.state === "deleted" && found.at ? dateOf(found.at) : "";
    this.empty.replaceChildren(h("p", {}, h("strong", {}, t(`reviewing.empty.${name}`, { date }))), h("p", {}, t(`reviewing.empty.${name}_hint`)));
  }

  /** What playing jumps over, and where it stops. */
  private rules(): void {
    const { sample } = this.review;
    this.player.skip = sample ? [] : this.skipping ? quiet(this.review, this.sounds) : [];
    this.player.stopAt = sample ? [sample.ends_at] : this.stopping ? this.review.flags.map((flag) => flag.onset_at) : [];
  }

  private moved(moment: Moment): void {
    const { sample } = this.review;
    if (sample && moment.wall > sample.ends_at + BEYOND && !this.leaving) return this.backTo(sample.ends_at);
    this.transport.draw(moment);
    this.timeline.at(moment.wall, moment.state === "playing");
    const there = here(this.items, moment.wall).map((one) => one.words);
    write(this.said, there.length ? t("reviewing.here", { what: there.join(" · ") }) : t("reviewing.here_nothing"));
    if (moment.state === "playing") this.spread = moment.spread_ms;
    write(this.aligned, alignment(this.review, this.spread));
    if (this.played && moment.state === "paused" && this.stopping) this.stoppedAt(moment.wall);
    this.played = moment.state === "playing";
  }

  /** A random minute is exactly that minute. */
  private backTo(wall: number): void {
    this.leaving = true;
    this.player.pause();
    void this.player.seek(wall).finally(() => { this.leaving = false; });
  }

  /** It stopped at a flag: that one is looked at. */
  private stoppedAt(wall: number): void {
    const flag = this.review.flags.find((one) => Math.abs(one.onset_at - wall) < BEYOND);
    if (!flag) return;
    this.flags.select(flag.flag);
    this.timeline.draw(this.review, this.items, this.sounds, this.marks, flag.flag);
  }

  // --- moving ---

  seek(wall: number): void {
    const { starts_at, ends_at } = this.review.sample ?? this.review;
    void this.player.seek(Math.max(starts_at, Math.min(wall, ends_at)));
  }

  move(seconds: number): void {
    this.seek(this.player.moment.wall + seconds);
  }

  ends(way: 1 | -1): void {
    this.seek(way === 1 ? this.review.ends_at - 1 : this.review.starts_at);
  }

  toggle(): void {
    this.player.toggle();
  }

  step(frames: 1 | -1): void {
    this.player.step(frames);
  }

  faster(way: 1 | -1): void {
    this.player.speed = speedBeside(this.player.speed, way);
    this.transport.draw(this.player.moment);
  }

  zoom(): void {
    this.timeline.nextZoom();
  }

  toggleStop(): void {
    this.transport.toggleStop();
  }

  toggleSkip(): void {
    this.transport.toggleSkip();
  }

  /** The next flag, or the one before. */
  walk(way: 1 | -1): void {
    const flag = beside(this.review.flags, this.player.moment.wall, way, this.flags.selected);
    if (flag) this.select(flag.flag);
    else toast(t(way === 1 ? "reviewing.flags.no_next" : "reviewing.flags.no_previous"));
  }

  go(): void {
    const field = timeField("go-to", this.player.moment.wall);
    this.acts.wire.ask({
      title: t("reviewing.key.go"), body: [row(t("reviewing.go.time"), field)], go: t("reviewing.go.go"), first: field,
      run: async () => {
        const wall = wallOf(field.value, this.player.moment.wall);
        if (wall !== null) this.seek(wall);
      },
    });
  }

  private skip(on: boolean): void {
    this.skipping = on;
    if (on && this.sounds.some((sound) => !sound.done)) toast(t("reviewing.skip_measuring"));
    this.rules();
  }

  private choose(item: Item): void {
    if (item.flag) this.select(item.flag.flag);
    else this.seek(item.from);
  }

  private select(flag: string): void {
    this.flags.select(flag);
    const found = this.flags.current;
    this.timeline.draw(this.review, this.items, this.sounds, this.marks, flag);
    if (found) this.seek(found.onset_at - BEFORE_FLAG);
  }

  // --- deciding ---

  confirm(): void {
    const flag = this.flags.current;
    if (!flag) toast(t("reviewing.flags.choose"));
    else if (this.review.may.decide && flag.state === "open") void this.acts.decide(flag, "confirmed");
    else if (flag.state !== "open") toast(t("reviewing.decide.already"));
  }

  because(decision: Reasoned): void {
    const flag = this.flags.current;
    if (!flag) toast(t("reviewing.flags.choose"));
    else if (flag.state !== "open") toast(t("reviewing.decide.already"));
    else this.flags.choose(decision);
  }

  digit(digit: number): boolean {
    return this.flags.digit(digit);
  }

  write(): void {
    this.flags.write();
  }

  escape(): void {
    if (!this.flags.cancel()) this.flags.select(null);
  }

  /** A flag at the play position; the pictures stop, so that what was seen is still there. */
  raise(done?: (flag: string) => void): void {
    if (!this.review.may.raise) return;
    this.player.pause();
    raiseDialog({
      acts: this.acts, choices: this.boot.choices, kinds: RAISED.filter((kind) => this.review.feeds.some((feed) => feed.kind === kind && feed.segments.length)), wall: this.player.moment.wall, marks: this.marks,
      raised: (flag) => {
        this.mark("clear");
        if (done) done(flag);
        else void this.ask(0).then(() => this.flags.select(flag)).then(() => this.draw());
      },
    });
  }

  mark(which: "in" | "out" | "clear"): void {
    const wall = this.player.moment.wall;
    const { in: from, out: to } = this.marks;
    if (which === "clear") this.marks = { in: null, out: null };
    else if (which === "in") this.marks = { in: wall, out: to !== null && to > wall ? to : null };
    else this.marks = { in: from !== null && from < wall ? from : null, out: wall };
    this.transport.drawMarks(this.marks);
    this.timeline.draw(this.review, this.items, this.sounds, this.marks, this.flags.selected);
  }

  /** What is marked; of the chosen flag, with some seconds around it; else half a minute from here. */
  export(): void {
    if (!this.review.may.export) return;
    const flag = this.flags.current;
    const wall = this.player.moment.wall;
    const from = this.marks.in ?? (flag ? flag.onset_at - 10 : wall);
    const to = this.marks.out ?? (flag && this.marks.in === null ? (flag.ended_at ?? flag.onset_at) + 10 : from + 30);
    this.player.pause();
    exportDialog(this.review, Math.max(this.review.starts_at, from), Math.min(this.review.ends_at, to));
  }

  /** From here on this detector raises nothing at this seat: a lead says why. */
  mute(flag: Flag | null = this.flags.current): void {
    if (!this.review.may.mute) return;
    if (!flag || flag.source !== "inference") return void toast(t("reviewing.mute.choose"));
    const reason = h("textarea", { id: "mute-reason", rows: 3 });
    this.acts.wire.ask({
      title: t("reviewing.mute.title", { what: flagTitle(flag), seat: this.review.seat }),
      body: [h("p", {}, t("reviewing.mute.text")), row(t("reviewing.mute.reason"), reason)],
      go: t("reviewing.mute.go"), first: reason,
      run: async () => {
        await this.acts.mute(flag.code, reason.value.trim());
        return t("reviewing.done.muted", { what: flagTitle(flag), seat: this.review.seat });
      },
    });
  }

  // --- what the box knows ---

  /** Ask once, the soonest of what was wanted. */
  private askAgain(ms: number): void {
    const at = Date.now() + ms;
    if (at >= this.due) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = window.setTimeout(() => void this.ask(), ms);
  }

  private async ask(judgedToo = 1): Promise<void> {
    this.due = Infinity;
    this.askedAt = Date.now();
    try {
      if (judgedToo && !this.review.sample) this.judged = await get<Judged>(`/api/attempts/${this.review.attempt}/judged`).catch(() => this.judged);
      const said = await get<Review>(reviewUrl(this.review.attempt, this.boot.sample));
      if (!newer(this.review, said)) return this.askAgain(SOON_MS);
      synchronise(said.now);
      this.review = said;
      this.player.update(said);
      this.draw();
    } catch (error) {
      if (!problemOf(error).offline) complain(error); // offline: the line says so, and it is asked again when it is back
      this.askAgain(LATER_MS);
    }
  }

  /** How loud it was; asked again until all is measured. */
  private async hear(): Promise<void> {
    const api = `/api/review/${this.review.attempt}`;
    const feeds = this.review.feeds.filter((feed) => feed.segments.length && feed.kind !== "screen");
    const heard = await Promise.all(feeds.map((feed) => askSound(api, feed.kind, feed.begins_at).catch(() => null)));
    this.sounds = heard.flatMap((sound) => (sound && sound.levels.some(Boolean) ? [sound] : sound && !sound.done ? [sound] : []));
    this.timeline.draw(this.review, this.items, this.sounds, this.marks, this.flags.selected);
    this.rules();
    const again = heard.some((sound) => sound === null || !sound.done) || this.review.live;
    if (again) setTimeout(() => void this.hear(), this.review.live ? SOUND_AGAIN_MS * 3 : SOUND_AGAIN_MS);
  }

  /** The live edge goes on: the list of what is recorded is asked for again. */
  tick(): void {
    if (!this.review.live) return;
    if (Date.now() - this.askedAt > LIVE_MS) this.askAgain(0);
    this.review = { ...this.review, ends_at: Math.max(this.review.ends_at, now()) };
    this.timeline.draw(this.review, this.items, this.sounds, this.marks, this.flags.selected);
  }

  leave(): void {
    void this.watched.flush();
  }
}

export function reviewUrl(attempt: string, sample: string | null): string {
  return `/api/review/${attempt}${sample ? `?sample=${encodeURIComponent(sample)}` : ""}`;
}

