/** The live pictures of one candidate, side by side: webcam and screen, the phone as long as it is in, the lab's camera of the seat. */

import { h, write } from "../lib/dom";
import type { SeenNow } from "../lib/day";
import { t } from "../lib/strings";
import type { Attempt, Kind } from "../lib/types";
import { Live } from "./live";
import { Outline } from "./outline";

/** So long the sound must have been on to count as listened to. */
const HEARD_MS = 3000;

interface Options {
  /** Keep a still and a clip of this feed; absent where nobody may. */
  keep?: (kind: Kind) => void;
  /** The sound of the candidate was turned on. */
  listened(): void;
}

export class Videos {
  readonly element = h("div", { class: "look-videos" });
  readonly over = h("p", { class: "look-over muted" }, t("look.over"));
  readonly sound = h("button", { type: "button", class: "small", title: t("board.listen.mute_hint"), onclick: () => this.toggleSound() });
  private readonly outline = new Outline();
  private lives: Live[] = [];
  private keeps: HTMLButtonElement[] = [];
  private counting = 0;

  constructor(private readonly attempt: Attempt, private readonly options: Options) {}

  get webcam(): Live | undefined {
    return this.lives.find((live) => live.kind === "webcam");
  }

  /** Show these feeds; none: the candidate is not live any more. `keepable`: evidence can be kept now. */
  show(kinds: readonly Kind[], keepable: boolean): void {
    this.over.hidden = kinds.length > 0;
    this.element.hidden = kinds.length === 0;
    for (const live of this.lives.filter(({ kind }) => !kinds.includes(kind))) this.remove(live);
    for (const kind of kinds) if (!this.lives.some((live) => live.kind === kind)) this.add(kind);
    for (const button of this.keeps) button.hidden = !keepable;
    this.drawSound();
  }

  /** What the box sees of the head just now: an outline in the webcam's picture; null takes it away. */
  seen(seen: SeenNow | null): void {
    this.outline.draw(seen?.box ?? null);
  }

  /** Turn the sound on, where there is any: it stays what is played here, never what is recorded. */
  toggleSound(on = !this.webcam?.sound): void {
    const { webcam } = this;
    if (!webcam) return;
    webcam.sound = on;
    if (on) this.options.listened();
  }

  close(): void {
    clearTimeout(this.counting);
    for (const live of [...this.lives]) this.remove(live);
  }

  private add(kind: Kind): void {
    const live = new Live(this.attempt.attempt, kind, t(LABELS[kind], { seat: this.attempt.seat }));
    const { keep } = this.options;
    if (keep) {
      const button = h("button", { type: "button", class: "small keep", title: t("board.keep.hint", { kind: t(`kind.${kind}`) }), onclick: () => keep(kind) }, kind === "webcam" ? h("kbd", { "aria-hidden": "true" }, "S") : null, t("board.keep.go"), h("span", { class: "hidden" }, t(`kind.${kind}`)));
      this.keeps.push(button);
      live.element.append(button);
    }
    if (kind === "webcam") {
      live.element.append(this.outline.element);
      live.element.addEventListener("sound", () => this.drawSound());
      live.element.addEventListener("tracks", () => this.count(live));
    }
    this.lives.push(live);
    this.element.append(live.element);
  }

  /** A look begins with sound: once it has played for a moment, somebody has listened. */
  private count(live: Live): void {
    clearTimeout(this.counting);
    this.counting = window.setTimeout(() => { if (live === this.webcam && live.sound && live.stream.getAudioTracks().length) this.options.listened(); }, HEARD_MS);
  }

  private remove(live: Live): void {
    live.close();
    live.element.remove();
    this.lives = this.lives.filter((one) => one !== live);
    this.keeps = this.keeps.filter((button) => button.isConnected);
  }

  private drawSound(): void {
    const { webcam } = this;
    this.sound.hidden = !webcam;
    this.sound.setAttribute("aria-pressed", String(webcam?.sound ?? false));
    write(this.sound, t(webcam?.sound ? "look.sound_on" : "look.sound_off"));
  }
}

const LABELS: Readonly<Record<Kind, string>> = { webcam: "look.camera", screen: "look.screen", phone: "look.phone.camera", camera: "look.lab_camera", call: "look.call.label" };
