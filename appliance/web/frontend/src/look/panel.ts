/** One candidate: live pictures with sound, messages, flags, facts, and what can be done now. */

import { get } from "../lib/api";
import { countdown, now, synchronise, time } from "../lib/clock";
import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import { CLOSED, RECORDED, type Attempt, type AttemptDetail, type Boot, type Flag, type Kind, type LedgerEvent, type Pulse } from "../lib/types";
import type { Acts } from "../wall/acts";
import { acknowledgedWarnings, apply, fromDetail, identityOf, messagesOf, phonesOf, undecided, unreadOf, type State } from "../wall/store";
import { CallLine } from "./call";
import { StaffChat } from "./chat";
import { ChallengeLine } from "./challenge";
import { FlagList } from "./flags";
import { IdentityPanel } from "./identity";
import { JudgedPanel } from "./judged";
import { Live } from "./live";
import { PhoneLine } from "./phone";
import { Places } from "./places";
import { covered } from "./timeline";

interface Options {
  boot: Boot;
  acts: Acts;
  close?: () => void;
  seek?: (flag: Flag) => void;
  /** The recording, where the page shows one. */
  recording?: HTMLElement;
  /** Told whenever what is known has changed. */
  changed?: (state: State) => void;
}

const GAPS_IN_SIGHT = 4;
const LIVE_STAGES: readonly string[] = RECORDED;
const WATCHED_STAGES = ["waiting", "admitted", "printing", "in_exam"];

export class LookPanel {
  state: State;
  private readonly attempt: Attempt;
  private readonly title = h("h2", { class: "look-title", tabindex: -1 });
  private readonly stage = h("p", { class: "muted" });
  private readonly videos = h("div", { class: "look-videos" });
  private readonly over = h("p", { class: "look-over muted" }, t("look.over"));
  private readonly facts = h("dl", { class: "facts" });
  private readonly sound = h("button", { type: "button", class: "small", onclick: () => this.toggleSound() });
  private readonly admit: HTMLButtonElement;
  private readonly now: HTMLButtonElement[];
  private readonly end: HTMLButtonElement;
  private readonly endWhy = h("span", { class: "hint", id: "end-why" });
  private readonly call: CallLine;
  private readonly phone: PhoneLine;
  private readonly places: Places;
  private readonly identity: IdentityPanel;
  private readonly challenge: ChallengeLine;
  private readonly judged: JudgedPanel;
  private readonly chat: StaffChat;
  private readonly flags: FlagList;
  readonly element: HTMLElement;
  private lives: Live[] = [];
  private lab = false;
  private selected: string | null = null;
  private readonly timer: number;

  /** Throws a Problem where the candidate cannot be seen. */
  static async of(attempt: string, options: Options): Promise<LookPanel> {
    const detail = await get<AttemptDetail>(`/api/attempts/${attempt}`);
    synchronise(detail.now);
    return new LookPanel(fromDetail(detail), detail, options);
  }

  private constructor(state: State, attempt: Attempt, private readonly options: Options) {
    this.state = state;
    this.attempt = attempt;
    const { acts, boot } = options;
    const { may } = boot;
    this.call = new CallLine(attempt, boot, () => this.lives[0]);
    this.phone = new PhoneLine(attempt, boot, acts);
    this.places = new Places(may.admit, (kind, place) => acts.place(attempt, kind, place));
    this.identity = new IdentityPanel(attempt, boot, acts);
    this.challenge = new ChallengeLine(attempt, boot, acts);
    this.judged = new JudgedPanel(attempt.attempt);
    this.chat = new StaffChat(attempt, may.message, (text) => acts.message(attempt, text));
    this.flags = new FlagList({
      confirm: (flag) => void acts.confirm(flag, attempt),
      dismiss: (flag, reason) => void acts.dismiss(flag, attempt, reason),
      reopen: (flag) => void acts.reopen(flag),
      mayDecide: may.decide_flag,
      ...(options.seek ? { seek: options.seek } : {}),
    });
    this.admit = h("button", { type: "button", class: "small primary", hidden: true, onclick: () => void acts.admit(attempt) }, t("look.admit"));
    this.end = h("button", { type: "button", class: "small danger", "aria-describedby": "end-why", onclick: () => this.askEnd() }, t("look.end"));
    const act = (name: string, label: string, run: () => void): HTMLButtonElement => h("button", { type: "button", class: "small", onclick: run }, h("kbd", { "aria-hidden": "true" }, name), label);
    this.now = [
      ...(may.message ? [act("M", t("look.message"), () => this.focusChat()), act("W", t("look.warn"), () => acts.warn(attempt))] : []),
      ...(may.raise_flag ? [act("F", t("look.own_flag"), () => this.ownFlag())] : []),
    ];
    this.element = h("div", { class: "look" }, this.head(), h("div", { class: "look-body" },
      h("div", { class: "look-left" }, this.call.element, this.phone.element, this.identity.element, this.videos, this.over, options.recording ?? null, this.challenge.element, h("section", {}, h("h3", {}, t("look.facts")), this.facts), this.judged.element, h("section", {}, h("h3", {}, t("look.places")), this.places.element)),
      h("div", { class: "look-right" }, this.flags.element, this.chat.element)));
    this.draw();
    this.timer = window.setInterval(() => this.tick(), 1000);
  }

  private get closed(): boolean {
    return CLOSED.includes((this.state.attempts.get(this.id) ?? this.attempt).stage);
  }

  get id(): string {
    return this.attempt.attempt;
  }

  event(event: LedgerEvent): void {
    if (event.chain !== this.id && event.type !== "exam.ended") return;
    this.state = apply(this.state, event);
    this.draw();
  }

  /** Once a second, where the box says it: who listens to a call, and whether a camera of the lab sees this seat. */
  beat(pulse: Pulse): void {
    this.call.heard(pulse.attempts[this.id]?.health.call?.viewers ?? 0);
    const lab = Boolean(pulse.attempts[this.id]?.health.camera);
    if (lab === this.lab) return;
    this.lab = lab;
    this.draw();
  }

  focus(): void {
    this.title.focus();
  }

  focusChat(): void {
    this.chat.focus();
  }

  select(flag: string | null): void {
    this.selected = flag;
    this.drawFlags();
  }

  // --- keys ---

  confirm(): void {
    const flag = this.flags.open(this.selected ?? undefined);
    if (flag && this.options.boot.may.decide_flag) void this.options.acts.confirm(flag, this.attempt);
  }

  dismiss(): void {
    const flag = this.flags.open(this.selected ?? undefined);
    this.identity.cancel(); // one digit is awaited at a time
    if (flag && this.options.boot.may.decide_flag) this.flags.choose(flag);
  }

  reason(digit: number): boolean {
    return this.flags.reason(digit) || this.identity.digit(digit);
  }

  /** Esc first leaves the choice of reasons, or of who this is. */
  cancel(): boolean {
    return this.flags.cancel() || this.identity.cancel();
  }

  /** Who is this? Then a digit. */
  identify(): void {
    this.flags.cancel();
    this.identity.choose();
  }

  ownFlag(): void {
    if (this.options.boot.may.raise_flag && !this.closed) this.options.acts.ownFlag(this.attempt, this.state.tickable);
  }

  warn(): void {
    if (this.options.boot.may.message && !this.closed) this.options.acts.warn(this.attempt);
  }

  /** Begin a call, or hang up. */
  talk(): void {
    void this.call.toggle();
  }

  /** Admit who waits; else let the phone in that does. */
  letIn(): void {
    if (!this.admit.hidden) void this.options.acts.admit(this.attempt);
    else this.phone.letIn();
  }

  close(): void {
    clearInterval(this.timer);
    this.judged.close();
    this.call.close();
    this.hangUp();
    this.element.remove();
  }

  // --- drawing ---

  private head(): HTMLElement {
    const { boot, close } = this.options;
    return h("header", { class: "look-head" },
      h("div", { class: "look-who" }, this.title, this.stage),
      h("div", { class: "item-actions" },
        close && boot.may.review ? h("a", { class: "button small", href: `/look/${this.id}` }, t("look.recording")) : null,
        close ? h("button", { type: "button", class: "small", onclick: close }, t("common.close")) : null),
      h("div", { class: "item-actions look-actions" },
        this.sound, this.admit, this.call.button, this.phone.button, this.challenge.button, ...this.now,
        boot.may.end_attempt ? h("span", { class: "end" }, this.end, this.endWhy) : null));
  }

  private draw(): void {
    const attempt = this.state.attempts.get(this.id) ?? this.attempt;
    const { boot } = this.options;
    const over = CLOSED.includes(attempt.stage);
    write(this.title, `${t("common.seat", { seat: attempt.seat })} · ${attempt.name}`);
    const identity = identityOf(this.state, this.id);
    this.admit.hidden = attempt.stage !== "waiting" || !boot.may.admit || undecided(identity);
    this.identity.update(identity, LIVE_STAGES.includes(attempt.stage));
    this.challenge.update(this.state.challenges, WATCHED_STAGES.includes(attempt.stage));
    for (const button of this.now) button.hidden = over;
    this.chat.open = !over && attempt.stage !== "invited";
    this.drawEnd(over);
    this.drawLive(attempt);
    this.call.update(this.state.calls, LIVE_STAGES.includes(attempt.stage));
    const phones = phonesOf(this.state, this.id);
    this.phone.update(phones, LIVE_STAGES.includes(attempt.stage));
    this.places.update(this.state.places, this.cameras(), !over);
    this.drawFacts(attempt);
    this.drawFlags();
    this.chat.draw(messagesOf(this.state, this.id));
    this.markRead();
    this.tick();
    this.options.changed?.(this.state);
  }

  private drawFlags(): void {
    this.flags.draw([...this.state.flags.values()].filter((flag) => flag.attempt === this.id), this.selected);
  }

  private drawEnd(over: boolean): void {
    const { boot } = this.options;
    const needed = this.state.exam.warnings_before_end;
    const have = acknowledgedWarnings(this.state, this.id);
    const enough = have >= needed;
    this.end.hidden = over;
    this.endWhy.hidden = over || needed === 0;
    this.end.disabled = !enough && !boot.may.override_end;
    write(this.endWhy, t("look.acknowledged", { n: Math.min(have, needed), all: needed }));
  }

  private askEnd(): void {
    const enough = acknowledgedWarnings(this.state, this.id) >= this.state.exam.warnings_before_end;
    this.options.acts.end(this.attempt, !enough);
  }

  private drawLive(attempt: Attempt): void {
    const wanted = LIVE_STAGES.includes(attempt.stage) && this.options.boot.may.watch;
    this.over.hidden = wanted;
    this.videos.hidden = !wanted;
    if (wanted && !this.lives.length) {
      const seat = { seat: attempt.seat };
      this.lives = [new Live(this.id, "webcam", t("look.camera", seat)), new Live(this.id, "screen", t("look.screen", seat))];
      this.lives[0]?.element.addEventListener("sound", () => this.drawSound());
      this.videos.replaceChildren(...this.lives.map((live) => live.element));
    } else if (!wanted) {
      this.hangUp();
    }
    if (wanted) this.drawMore(attempt);
    this.drawSound();
  }

  /** The phone as long as it is in, and the lab's camera of this seat if there is one. */
  private drawMore(attempt: Attempt): void {
    const phone = phonesOf(this.state, this.id).some((one) => one.state === "confirmed");
    this.drawOne("phone", phone, t("look.phone.camera", { seat: attempt.seat }));
    this.drawOne("camera", this.lab, t("look.lab_camera", { seat: attempt.seat }));
  }

  private drawOne(kind: Kind, wanted: boolean, label: string): void {
    const shown = this.lives.find((live) => live.kind === kind);
    if (wanted && !shown) {
      const live = new Live(this.id, kind, label);
      this.lives.push(live);
      this.videos.append(live.element);
    } else if (shown && !wanted) {
      shown.close();
      shown.element.remove();
      this.lives = this.lives.filter((live) => live !== shown);
    }
  }

  /** Those that there are, or were. */
  private cameras(): Kind[] {
    const recorded = new Set(this.state.segments.map((segment) => segment.kind));
    const there = phonesOf(this.state, this.id).some((phone) => phone.state === "confirmed");
    return (["webcam", "phone", "camera"] as const).filter((kind) => kind === "webcam" || recorded.has(kind) || (kind === "phone" && there) || (kind === "camera" && this.lab));
  }

  private toggleSound(): void {
    const webcam = this.lives[0];
    if (webcam) webcam.sound = !webcam.sound;
  }

  private drawSound(): void {
    const webcam = this.lives[0];
    this.sound.hidden = !webcam;
    write(this.sound, t(webcam?.sound ? "look.sound_on" : "look.sound_off"));
  }

  private hangUp(): void {
    for (const live of this.lives) live.close();
    this.lives = [];
    this.videos.replaceChildren();
  }

  private drawFacts(attempt: Attempt): void {
    const key = JSON.stringify([attempt.stage, attempt.proctor, [...this.state.gaps.values()], this.state.segments.filter((segment) => segment.late).length, this.state.calls]);
    if (this.facts.dataset["key"] === key) return; // what is unfolded stays so
    this.facts.dataset["key"] = key;
    const rows: [string, Node][] = [
      [t("look.stage"), h("span", {}, `${t(`stage.${attempt.stage}`)} ${t("look.since", { time: time(attempt.stage_at) })}`)],
      [t("look.proctor"), h("span", {}, attempt.proctor ?? t("look.nobody"))],
      ...(this.state.calls.length ? [[t("look.calls"), this.callList()] as [string, Node]] : []),
      [t("look.gaps"), this.gaps()],
    ];
    this.facts.replaceChildren(...rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
  }

  private callList(): Node {
    return h("ul", { class: "plain-list" }, ...this.state.calls.map((call) => {
      const values = { from: time(call.started_at), to: call.ended_at === null ? "" : time(call.ended_at), name: call.by_name };
      return h("li", {}, t(call.ended_at === null ? "look.call_open" : "look.call_was", values));
    }));
  }

  /** The last ones in sight, the others a click away. */
  private gaps(): Node {
    const gaps = [...this.state.gaps.values()].sort((a, b) => b.starts_at - a.starts_at).map((gap) => {
      const values = { kind: t(`kind.${gap.kind}`), from: time(gap.starts_at), to: gap.ends_at === null ? "" : time(gap.ends_at), cause: t(`cause.${gap.cause}`) };
      if (gap.ends_at === null) return h("li", {}, t("look.gap_open", values));
      const late = this.state.segments.filter((segment) => segment.late && segment.kind === gap.kind);
      const filled = covered(gap.starts_at, gap.ends_at, late.map((segment) => ({ start: segment.starts_at, duration: segment.duration })));
      const lengths = { filled: filled.toFixed(1), seconds: (gap.ends_at - gap.starts_at).toFixed(1) };
      return h("li", {}, filled > 0 ? t("look.gap_filled", { ...values, ...lengths }) : t("look.gap", values));
    });
    if (!gaps.length) return h("span", {}, t("look.no_gaps"));
    const older = gaps.slice(GAPS_IN_SIGHT);
    return h("div", {}, h("ul", { class: "plain-list" }, ...gaps.slice(0, GAPS_IN_SIGHT)),
      older.length ? h("details", {}, h("summary", {}, t("look.gaps_more", { n: older.length })), h("ul", { class: "plain-list" }, ...older)) : null);
  }

  /** Whoever looks has read the messages. */
  private markRead(): void {
    const newest = unreadOf(this.state, this.id).at(-1);
    if (newest && this.options.boot.may.message && !document.hidden) void this.options.acts.read(this.id, newest.message);
  }

  private tick(): void {
    const attempt = this.state.attempts.get(this.id) ?? this.attempt;
    const left = attempt.stage === "in_exam" && attempt.ends_at !== null ? ` · ${t("tile.left", { time: countdown(attempt.ends_at - now()) })}` : "";
    write(this.stage, t(`stage.${attempt.stage}`) + left);
    this.flags.tick();
    this.call.tick();
    this.identity.tick();
    this.challenge.tick();
  }
}
