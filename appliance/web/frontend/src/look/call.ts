/** The call with one candidate: begin it, see that both are heard, hang up. */

import { post, problemOf } from "../lib/api";
import { duration, now, time } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import { watchLevel } from "../lib/meter";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { Attempt, Boot, Call, Door } from "../lib/types";
import type { Live } from "./live";
import { Voice } from "./voice";

/** The candidate's stream is asked for at every use: it may have been made anew. */
type Theirs = () => Live | undefined;

const MICROPHONE: MediaStreamConstraints = { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true } };

export class CallLine {
  readonly button = h("button", { type: "button", class: "small", onclick: () => void this.toggle() });
  private readonly title = h("strong", {});
  private readonly lasts = h("span", { class: "call-time" });
  private readonly said = h("p", { role: "status" });
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly mute = h("button", { type: "button", class: "small", onclick: () => this.toggleMute() });
  private readonly meters: Record<"mine" | "theirs", HTMLElement>;
  private readonly talking: HTMLElement;
  readonly element: HTMLElement;
  private voice: Voice | null = null;
  private call = "";
  private calls: readonly Call[] = [];
  private busy = false;
  private open = false;
  private listeners = 0;
  private soundBefore = false;
  private deaf: Partial<Record<"mine" | "theirs", () => void>> = {};
  /** Another tab of this browser goes on with the call: two would take the line from each other without end. */
  private readonly taken = new BroadcastChannel("call");

  constructor(private readonly attempt: Attempt, private readonly boot: Boot, private readonly theirs: Theirs) {
    const seat = { seat: attempt.seat };
    this.meters = { mine: meter(t("look.call.mine")), theirs: meter(t("look.call.theirs", seat)) };
    this.talking = h("div", { class: "call-talking" }, row(t("look.call.you"), this.meters.mine), row(t("common.seat", seat), this.meters.theirs), this.mute);
    this.element = h("section", { class: "call", "aria-label": t("look.call.label"), hidden: true },
      h("div", { class: "call-head" }, h("p", {}, this.title), this.lasts), this.said, this.talking, this.wrong);
    window.addEventListener("pagehide", this.leave);
    this.taken.onmessage = ({ data }: MessageEvent<string>) => {
      if (data !== this.call) return;
      this.over();
      this.draw();
    };
  }

  /** A key, or the button. */
  async toggle(): Promise<void> {
    if (!this.boot.may.call || this.busy) return;
    if (!this.open && !this.call) return;
    this.busy = true;
    write(this.wrong, "");
    this.draw();
    try {
      await (this.call ? this.hangUp() : this.begin());
    } catch (error) {
      this.element.hidden = false;
      write(this.wrong, microphoneTrouble(error) ?? problemOf(error).sentence);
    } finally {
      this.busy = false;
      this.draw();
    }
  }

  /** What the ledger says; `open`: the candidate can be called now. */
  update(calls: readonly Call[], open: boolean): void {
    this.calls = calls;
    this.open = open;
    const mine = calls.find((call) => call.call === this.call);
    if (mine?.ended_at != null) this.over();
    this.draw();
  }

  /** How many listen to the voice now, as capture says it. */
  heard(listeners: number): void {
    this.listeners = listeners;
    this.draw();
  }

  tick(): void {
    const going = this.going;
    write(this.lasts, going ? duration(now() - going.started_at) : "");
  }

  /** The look is closed: so is the call. */
  close(): void {
    if (this.call) toast(t("look.call.closed", { seat: this.attempt.seat }));
    this.leave();
    window.removeEventListener("pagehide", this.leave);
    this.taken.close();
  }

  private get going(): Call | undefined {
    return this.calls.find((call) => call.ended_at === null);
  }

  private async begin(): Promise<void> {
    if (!navigator.mediaDevices) throw new DOMException("", "SecurityError");
    const stream = await navigator.mediaDevices.getUserMedia(MICROPHONE);
    let said: Door & { call: string };
    try {
      said = await post<Door & { call: string }>(`/api/attempts/${this.attempt.attempt}/call`);
    } catch (error) {
      for (const track of stream.getTracks()) track.stop();
      throw error;
    }
    this.call = said.call;
    this.taken.postMessage(said.call);
    this.voice = new Voice(stream, said, () => this.draw());
    this.deaf.mine = watchLevel(stream, (value) => show(this.meters.mine, value));
    const live = this.theirs();
    this.soundBefore = live?.sound ?? false;
    this.listen();
    live?.element.addEventListener("tracks", this.listen);
  }

  /** Hear the candidate, and see that the candidate is heard. */
  private readonly listen = (): void => {
    const live = this.theirs();
    this.deaf.theirs?.();
    delete this.deaf.theirs;
    if (!live || !this.call) return;
    live.sound = true;
    if (live.stream.getAudioTracks().length) this.deaf.theirs = watchLevel(live.stream, (value) => show(this.meters.theirs, value));
  };

  /** First the ledger, then the line: nothing is missing from a call that is over. */
  private async hangUp(): Promise<void> {
    await this.sayEnd(false);
    this.over();
  }

  private readonly leave = (): void => {
    if (this.call) void this.sayEnd(true).catch(() => undefined); // else the box notices that nobody speaks
    this.over();
  };

  private sayEnd(leaving: boolean): Promise<unknown> {
    return post(`/api/attempts/${this.attempt.attempt}/call/end`, { call: this.call, leaving }, { keepalive: leaving });
  }

  private over(): void {
    if (!this.call) return;
    this.call = "";
    this.listeners = 0;
    this.voice?.close();
    this.voice = null;
    for (const deaf of Object.values(this.deaf)) deaf();
    this.deaf = {};
    const live = this.theirs();
    live?.element.removeEventListener("tracks", this.listen);
    if (live) live.sound = this.soundBefore;
  }

  private toggleMute(): void {
    const tracks = this.voice?.stream.getAudioTracks() ?? [];
    for (const track of tracks) track.enabled = !track.enabled;
    this.draw();
  }

  private draw(): void {
    const { going, voice } = this;
    const mine = going?.by === this.boot.viewer.user;
    const label = this.call ? "look.call.hang_up" : mine ? "look.call.go_on" : "look.call.go";
    this.button.replaceChildren(h("kbd", { "aria-hidden": "true" }, "T"), t(label));
    this.button.hidden = !this.boot.may.call || (!this.open && !this.call);
    this.button.disabled = this.busy || (going !== undefined && !mine);
    set(this.button, "aria-pressed", this.call !== "");
    if (!going && !this.call && !this.wrong.textContent) { this.element.hidden = true; return; }
    this.element.hidden = false;
    write(this.title, going || this.call ? this.headline(going, mine) : t("look.call.not"));
    write(this.said, this.call ? this.state() : "");
    set(this.element, "data-line", voice?.line ?? "off");
    this.talking.hidden = !this.call;
    const muted = voice?.stream.getAudioTracks().some((track) => !track.enabled) ?? false;
    write(this.mute, t(muted ? "look.call.unmute" : "look.call.mute"));
    set(this.mute, "aria-pressed", muted);
    this.tick();
  }

  private headline(going: Call | undefined, mine: boolean): string {
    if (this.call) return t("look.call.with", { seat: this.attempt.seat, name: this.attempt.name });
    if (mine) return t("look.call.elsewhere");
    return t("look.call.other", { name: going?.by_name ?? "", time: time(going?.started_at ?? 0) });
  }

  private state(): string {
    const line = this.voice?.line ?? "connecting";
    if (line !== "live") return t(`look.call.${line}`);
    return t(this.listeners > 0 ? "look.call.hears" : "look.call.waiting", { seat: this.attempt.seat });
  }
}

function row(label: string, of: HTMLElement): HTMLElement {
  return h("div", { class: "call-level" }, h("span", { "aria-hidden": "true" }, label), of);
}

function meter(label: string): HTMLElement {
  return h("div", { class: "meter", role: "meter", "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": 0 }, h("span", {}));
}

function show(element: HTMLElement, value: number): void {
  element.setAttribute("aria-valuenow", String(value));
  (element.firstElementChild as HTMLElement).style.inlineSize = `${value}%`;
}

/** What is wrong with the microphone, in a sentence; null when it is something else. */
export function microphoneTrouble(error: unknown): string | null {
  if (!(error instanceof DOMException)) return null;
  const known: Record<string, string> = {
    NotAllowedError: "denied", SecurityError: "insecure", NotFoundError: "missing", OverconstrainedError: "missing", NotReadableError: "busy", AbortError: "busy",
  };
  return t(`look.call.${known[error.name] ?? "broken"}`);
}
