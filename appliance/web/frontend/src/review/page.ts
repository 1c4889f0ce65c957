/** The review of one attempt: pictures above, the timeline below them, the flags that walk it on the right. */

import { post } from "../lib/api";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { Boot, LedgerEvent } from "../lib/types";
import type { Reasoned } from "../wall/items";
import { Acts } from "./acts";
import { alignment } from "./alignment";
import { Deeds } from "./deeds";
import { FlagPanel } from "./flags";
import { Hover } from "./hover";
import { dateOf, here, itemsOf, recorded, type Item } from "./items";
import { Known } from "./known";
import { Lists } from "./lists";
import { Player, type Moment } from "./player/player";
import { quiet } from "./quiet";
import type { Choice } from "./raise";
import { Recommendations } from "./recommend";
import { SamplePanel } from "./sample";
import { beside, emptiness } from "./story";
import { Timeline } from "./timeline";
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

/** Seconds by which a player may be past a moment at which it stops. */
const BEYOND = 0.5;
/** A jump to a flag begins a little before it. */
const BEFORE_FLAG = 2;

export class ReviewPage {
  readonly element: HTMLElement;
  readonly deeds: Deeds;
  private readonly acts: Acts;
  private readonly known: Known;
  private readonly player: Player;
  private readonly timeline: Timeline;
  private readonly flags: FlagPanel;
  private readonly transport: Transport;
  private readonly lists: Lists;
  private readonly recommendations: Recommendations;
  private readonly watched: Watched;
  private going: Promise<void> = Promise.resolve();
  private readonly said = h("p", { class: "rv-here" });
  private readonly aligned = h("p", { class: "hint" });
  private readonly empty = h("div", { class: "empty", hidden: true });
  private readonly live = h("span", { class: "rv-live", hidden: true }, t("reviewing.live"));
  private items: Item[] = [];
  private skipping = false;
  private stopping = false;
  /** How far the pictures were apart when they last played, ms. */
  private spread: number | null = null;
  private played = false;
  private leaving = false;

  /** `line`: is the box there? */
  constructor(
    review: Review,
    boot: ReviewBoot,
    line: () => boolean,
  ) {
    const api = `/api/review/${review.attempt}`;
    this.known = new Known(review, boot.sample, { changed: () => this.draw(), read: (said) => this.player.update(said), heard: () => { this.redraw(); this.rules(); } });
    this.acts = new Acts(review.attempt, line, () => this.known.again());
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
    this.deeds = new Deeds(this.acts, boot.choices, {
      review: () => this.review, wall: () => this.player.moment.wall, chosen: () => this.flags.current, pause: () => this.player.pause(), seek: (wall) => this.seek(wall),
      marked: () => { this.transport.drawMarks(this.deeds.marks); this.redraw(); }, raised: (flag) => void this.known.ask().then(() => { this.flags.select(flag); this.redraw(); }),
    });
    this.transport = new Transport({
      toggle: () => this.player.toggle(), move: (seconds) => this.move(seconds), step: (frames) => this.player.step(frames), flag: (way) => this.walk(way),
      speed: (speed) => { this.player.speed = speed; }, stopAtFlags: (on) => { this.stopping = on; this.rules(); },
      skipQuiet: (on) => this.skip(on), mark: (which) => this.deeds.mark(which), go: () => this.deeds.go(),
    }, sample === null);
    this.flags = new FlagPanel({
      select: (flag) => (flag ? this.select(flag) : this.flags.select(null)), decide: (flag, decision, reason) => void this.acts.decide(flag, decision, reason),
      note: (flag, text) => this.acts.note(flag, text), mute: (flag) => this.deeds.mute(flag), seek: (wall) => this.seek(wall), judged: () => this.known.judged,
    }, h("div", { class: "item-actions" }, review.may.raise ? h("button", { type: "button", class: "small", onclick: () => this.deeds.raise() }, h("kbd", { "aria-hidden": "true" }, "F"), t("reviewing.raise.open")) : null));
    this.lists = new Lists((item) => this.choose(item));
    this.recommendations = new Recommendations(this.acts, boot.viewer.user, boot.may.override_end);
    const queue = `/review/${review.exam.exam}`;
    const right = sample
      ? [new SamplePanel({ acts: this.acts, sample, queue, raise: (done) => this.deeds.raise(done) }).element]
      : [this.flags.element, this.recommendations.element];
    this.element = h("div", { class: "rv" },
      h("div", { class: "rv-left" }, this.empty, h("div", { class: "rv-pictures" }, this.player.element), this.transport.element,
        h("div", { class: "rv-under" }, this.said, this.live, ...(sample ? [] : [this.transport.marking]), this.timeline.zoomButtons), this.timeline.element, this.aligned, ...(sample ? [] : [this.lists.element])),
      h("div", { class: "rv-right" }, ...right));
    this.draw();
    this.moved(this.player.moment);
  }

  /** Begin, and ask for the rest once the first pictures are there: it would stand in their way. */
  begin(at: number | null, chosen: string | null): void {
    const rest = (): void => {
      void this.known.hear();
      if (!this.review.sample) void this.known.judge();
    };
    this.first(at, chosen);
    void this.going.then(rest, rest);
  }

  /** Where it begins: a flag or a moment that was asked for, or the beginning. */
  private first(at: number | null, chosen: string | null): void {
    const flag = this.review.flags.find((one) => one.flag === chosen);
    if (this.review.sample) return this.seek(this.review.sample.starts_at);
    if (flag) return this.select(flag.flag);
    if (at !== null) return this.seek(at);
    this.seek(recorded(this.review)[0]?.[0] ?? this.review.starts_at);
  }

  /** What happened while the page is open. */
  heard(events: readonly LedgerEvent[]): void {
    this.known.events(events);
  }

  private get review(): Review {
    return this.known.review;
  }

  private redraw(): void {
    this.timeline.draw(this.review, this.items, this.known.sounds, this.deeds.marks, this.flags.selected);
  }

  private draw(): void {
    const { review } = this;
    this.items = itemsOf(review);
    this.redraw();
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
    this.player.skip = sample ? [] : this.skipping ? quiet(this.review, this.known.sounds) : [];
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
    this.redraw();
  }

  // --- moving ---

  seek(wall: number): void {
    const { starts_at, ends_at } = this.review.sample ?? this.review;
    this.going = this.player.seek(Math.max(starts_at, Math.min(wall, ends_at)));
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

  private skip(on: boolean): void {
    this.skipping = on;
    if (on && this.known.sounds.some((sound) => !sound.done)) toast(t("reviewing.skip_measuring"));
    this.rules();
  }

  private choose(item: Item): void {
    if (item.flag) this.select(item.flag.flag);
    else this.seek(item.from);
  }

  private select(flag: string): void {
    this.flags.select(flag);
    const found = this.flags.current;
    this.redraw();
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

  /** Every second. */
  tick(): void {
    if (this.known.tick()) this.redraw();
  }

  leave(): void {
    void this.watched.flush();
  }
}
