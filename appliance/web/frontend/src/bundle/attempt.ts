/** The page of one attempt: pictures, what plays them, the timeline, the flags. */

import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import { here, itemsOf, recorded, type Item } from "../review/items";
import { Keys, showKeys } from "../review/keys";
import { Lists } from "../review/lists";
import type { Moment } from "../review/player/player";
import { beside } from "../review/story";
import { sayItems, Timeline } from "../review/timeline";
import { speedBeside, Transport } from "../review/transport";
import type { Review } from "../review/types";
import { time } from "../lib/clock";
import type { Boot } from "./boot";
import { Flags } from "./flags";
import { ask } from "./go";
import { Player } from "./player";
import { reviewOf } from "./story";

/** A jump to a flag begins a little before it. */
const BEFORE_FLAG = 2;
/** Seconds by which playing may be past a flag at which it stops. */
const BEYOND = 0.5;
const NO_MARKS = { in: null, out: null };

export class AttemptPage {
  readonly element: HTMLElement;
  private readonly review: Review;
  private readonly items: Item[];
  private readonly player: Player;
  private readonly timeline: Timeline;
  private readonly transport: Transport;
  private readonly flags: Flags;
  private readonly said = h("p", { class: "rv-here" });
  private readonly under = h("div", { class: "bd-hover", "aria-hidden": "true", hidden: true });
  private selected: string | null = null;
  private stopping = false;
  private played = false;

  constructor(boot: Boot, aside: readonly (HTMLElement | null)[]) {
    this.review = reviewOf(boot);
    this.items = itemsOf(this.review);
    this.timeline = new Timeline({ seek: (wall) => this.seek(wall), select: (flag) => this.select(flag), hover: (at) => this.hover(at) });
    this.timeline.element.append(this.under);
    this.transport = new Transport({
      toggle: () => this.player.toggle(), move: (seconds) => this.move(seconds), step: (frames) => this.player.step(frames), flag: (way) => this.walk(way),
      speed: (speed) => { this.player.speed = speed; }, stopAtFlags: (on) => this.stopAtFlags(on), skipQuiet: () => undefined, mark: () => undefined, go: () => this.go(),
    }, this.review.flags.length > 0, false);
    this.flags = new Flags(boot.report?.flags ?? [], this.review, (flag) => this.select(flag));
    this.player = new Player(this.review, (moment) => this.moved(moment));
    const lists = new Lists((item) => (item.flag ? this.select(item.flag.flag) : this.seek(item.from)));
    lists.draw(this.items);
    this.redraw();
    const pictures = recorded(this.review).length ? [h("div", { class: "rv-pictures" }, this.player.element), this.transport.element] : [h("p", { class: "empty" }, t("bundle.no_recording"))];
    this.element = h("div", { class: "rv bd-attempt" },
      h("div", { class: "rv-left" }, ...pictures, h("div", { class: "rv-under" }, this.said, this.timeline.zoomButtons), this.timeline.element, lists.element),
      h("div", { class: "rv-right" }, boot.report ? this.flags.element : null, ...aside));
    this.seek(recorded(this.review)[0]?.[0] ?? this.review.starts_at);
  }

  /** The keys of this page, and their help. */
  keys(): () => void {
    const keys: Keys = new Keys({
      commands: {
        play: () => this.player.toggle(), back: () => this.move(-10), on: () => this.move(10), frame_back: () => this.player.step(-1), frame_on: () => this.player.step(1),
        slower: () => this.faster(-1), faster: () => this.faster(1), next: () => this.walk(1), previous: () => this.walk(-1), stop: () => this.transport.toggleStop(),
        zoom: () => this.timeline.nextZoom(), go: () => this.go(), help: () => showKeys(keys),
      },
      move: (seconds) => this.move(seconds), ends: (way) => this.seek(way === 1 ? this.review.ends_at - 1 : this.review.starts_at), digit: () => false,
      escape: () => this.choose(null),
    });
    return () => showKeys(keys);
  }

  seek(wall: number): void {
    this.player.seek(wall);
  }

  private move(seconds: number): void {
    this.seek(this.player.moment.wall + seconds);
  }

  private faster(way: 1 | -1): void {
    this.player.speed = speedBeside(this.player.speed, way);
  }

  private go(): void {
    this.player.pause();
    ask(this.player.moment.wall, (wall) => this.seek(wall));
  }

  private walk(way: 1 | -1): void {
    const flag = beside(this.review.flags, this.player.moment.wall, way, this.selected);
    if (flag) this.select(flag.flag);
    else toast(t(way === 1 ? "reviewing.flags.no_next" : "reviewing.flags.no_previous"));
  }

  private select(flag: string): void {
    const found = this.review.flags.find((one) => one.flag === flag);
    if (!found) return;
    this.choose(flag);
    this.seek(found.onset_at - BEFORE_FLAG);
  }

  private choose(flag: string | null): void {
    this.selected = flag;
    this.flags.select(flag);
    this.redraw();
  }

  private stopAtFlags(on: boolean): void {
    this.stopping = on;
    this.player.stopAt = on ? this.review.flags.map((flag) => flag.onset_at) : [];
  }

  private redraw(): void {
    this.timeline.draw(this.review, this.items, [], NO_MARKS, this.selected);
  }

  private moved(moment: Moment): void {
    this.transport.draw(moment);
    this.timeline.at(moment.wall, moment.state === "playing");
    const there = here(this.items, moment.wall).map((one) => one.words);
    write(this.said, there.length ? t("reviewing.here", { what: there.join(" · ") }) : t("reviewing.here_nothing"));
    if (this.played && moment.state === "paused" && this.stopping) {
      const flag = this.review.flags.find((one) => Math.abs(one.onset_at - moment.wall) < BEYOND);
      if (flag) this.choose(flag.flag);
    }
    this.played = moment.state === "playing";
  }

  /** What is under the pointer, in words. */
  private hover(at: { wall: number; x: number; items: Item[] } | null): void {
    this.under.hidden = at === null;
    if (at) write(this.under, [time(at.wall), ...sayItems(at.items)].join("\n"));
  }
}
