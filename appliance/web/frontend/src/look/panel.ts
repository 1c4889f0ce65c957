/** One candidate: live pictures with sound, messages, flags, check-in, facts, and what can be done now. */

import { get } from "../lib/api";
import { countdown, now, synchronise } from "../lib/clock";
import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import { RECORDED, type Attempt, type AttemptDetail, type Boot, type Flag, type Kind, type LedgerEvent, type Pulse } from "../lib/types";
import type { Acts } from "../wall/acts";
import { Deeds } from "../wall/deeds";
import type { Reasoned } from "../wall/items";
import { stageLine } from "../wall/stage-line";
import { apply, dayOfAttempt, fromDetail, identityOf, messagesOf, phonesOf, possible, unreadOf, type State } from "../wall/store";
import { CallLine } from "./call";
import { ChallengeLine } from "./challenge";
import { StaffChat } from "./chat";
import { CheckoutPanel } from "./checkout";
import { Doing } from "./doing";
import { FactList } from "./facts";
import { FlagList } from "./flags";
import { IdentityPanel } from "./identity";
import { JudgedPanel } from "./judged";
import { NotesPanel } from "./notes";
import { PhoneLine } from "./phone";
import { Places } from "./places";
import { PositionPanel } from "./position";
import { ScanPanel } from "./scan";
import { Videos } from "./videos";

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

const LIVE_STAGES: readonly string[] = RECORDED;
const WATCHED_STAGES = ["waiting", "admitted", "printing", "in_exam"];
/** Who looks on for so long looks again (s): the attention rule counts openings. */
const LOOKS_AGAIN = 120;
/** Of the box's chain, what one candidate's page has to know. */
const OF_ALL = new Set(["exam.ended", "exam.announced", "section.released"]);

export class LookPanel {
  state: State;
  private readonly attempt: Attempt;
  private readonly title = h("h2", { class: "look-title", tabindex: -1 });
  private readonly stage = h("p", { class: "muted" });
  private readonly deeds: Deeds;
  private readonly doing: Doing;
  private readonly videos: Videos;
  private readonly facts = new FactList();
  private readonly call: CallLine;
  private readonly phone: PhoneLine;
  private readonly places: Places;
  private readonly identity: IdentityPanel;
  private readonly scans: ScanPanel;
  private readonly position: PositionPanel;
  private readonly challenge: ChallengeLine;
  private readonly judged: JudgedPanel;
  private readonly checkout: CheckoutPanel;
  private readonly notes: NotesPanel;
  private readonly chat: StaffChat;
  private readonly flags: FlagList;
  readonly element: HTMLElement;
  private lab = false;
  private selected: string | null = null;
  private lookedAt = 0;
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
    this.deeds = new Deeds(acts, boot);
    this.videos = new Videos(attempt, { ...(may.keep ? { keep: (kind: Kind) => this.deeds.keep(this.state, this.row, kind) } : {}), listened: () => this.attend("listen") });
    this.call = new CallLine(attempt, boot, () => this.videos.webcam);
    this.phone = new PhoneLine(attempt, boot, acts);
    this.places = new Places(may.admit, (kind, place) => acts.place(attempt, kind, place));
    this.identity = new IdentityPanel(attempt, boot, acts);
    this.scans = new ScanPanel(attempt, acts.conduct);
    this.position = new PositionPanel(attempt, acts.conduct, may.check_in);
    this.challenge = new ChallengeLine(attempt, boot, acts);
    this.judged = new JudgedPanel(attempt.attempt);
    this.notes = new NotesPanel(attempt.attempt);
    this.checkout = new CheckoutPanel(attempt, boot);
    this.chat = new StaffChat(attempt, may.message, (text) => acts.message(attempt, text));
    this.flags = new FlagList({
      confirm: (flag) => void acts.confirm(flag, attempt),
      reason: (flag, decision, reason) => void acts.reason(flag, attempt, decision, reason),
      reopen: (flag) => void acts.reopen(flag),
      mayDecide: may.decide_flag,
      ...(options.seek ? { seek: options.seek } : {}),
      ...(boot.may.review ? { review: (flag: Flag) => `/review/${boot.exam.exam}/${attempt.attempt}?flag=${flag.flag}` } : {}),
    });
    this.doing = new Doing(attempt, boot, acts, this.deeds, { chat: () => this.focusChat(), state: () => this.state });
    this.element = h("div", { class: "look" }, this.head(), h("div", { class: "look-body" },
      h("div", { class: "look-left" }, this.call.element, this.phone.element, this.identity.element, this.position.element, this.checkout.element, this.videos.element, this.videos.over, this.scans.element,
        options.recording ?? null, this.challenge.element, this.facts.element, this.judged.element, h("section", {}, h("h3", {}, t("look.places")), this.places.element)),
      h("div", { class: "look-right" }, this.flags.element, this.notes.element, this.chat.element)));
    this.draw();
    this.attend("look");
    this.timer = window.setInterval(() => this.tick(), 1000);
  }

  private get row(): Attempt {
    return this.state.attempts.get(this.id) ?? this.attempt;
  }

  get id(): string {
    return this.attempt.attempt;
  }

  event(event: LedgerEvent): void {
    if (event.chain !== this.id && !OF_ALL.has(event.type)) return;
    this.state = apply(this.state, event);
    this.draw();
  }

  /** Once a second, where the box says it: who listens to a call, what the cameras see, whether one of the lab sees this seat. */
  beat(pulse: Pulse): void {
    const facts = pulse.attempts[this.id];
    this.call.heard(facts?.health.call?.viewers ?? 0);
    this.position.beat(facts?.seen ?? {});
    this.videos.seen(this.row.stage === "position" ? (facts?.seen?.webcam ?? null) : null);
    const lab = Boolean(facts?.health.camera);
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

  /** C: the flag that is spoken of; else the scan that waits, the position, or the release. */
  confirm(): void {
    const flag = this.flags.open(this.selected ?? undefined);
    const { may } = this.options.boot;
    if (may.check_in && this.row.stage === "position" && this.position.confirm()) return;
    if (flag && may.decide_flag) void this.options.acts.confirm(flag, this.attempt);
    else if (this.row.stage === "check_out") this.checkout.letGo();
    else if (may.check_in && possible(this.state, this.id, "review_scan")) this.scans.confirm(dayOfAttempt(this.state, this.id).checkin.scans);
  }

  /** Dismiss the flag that is spoken of, or leave it as inconclusive: then a digit. */
  reasonFor(decision: Reasoned): void {
    const flag = this.flags.open(this.selected ?? undefined);
    this.identity.cancel(); // one digit is awaited at a time
    if (flag && this.options.boot.may.decide_flag) this.flags.choose(flag, decision);
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

  /** Begin a call, or hang up. */
  talk(): void {
    void this.call.toggle();
  }

  /** The sound on, or off. */
  listen(): void {
    this.videos.toggleSound();
  }

  /** Admit who waits; else let the phone in that does. */
  letIn(): void {
    if (!this.doing.admit.hidden) void this.options.acts.admit(this.attempt);
    else this.phone.letIn();
  }

  /** What the keys of a page do, for this candidate. */
  deed(run: (deeds: Deeds, state: State, attempt: Attempt) => void): void {
    run(this.deeds, this.state, this.row);
  }

  close(): void {
    clearInterval(this.timer);
    this.judged.close();
    this.call.close();
    this.videos.close();
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
      h("div", { class: "item-actions look-actions" }, this.videos.sound, this.call.button, ...this.doing.buttons, this.phone.button, this.challenge.button, this.doing.ending));
  }

  private draw(): void {
    const attempt = this.row;
    const day = dayOfAttempt(this.state, this.id);
    const { plan } = this.state.hall;
    const here = LIVE_STAGES.includes(attempt.stage);
    write(this.title, `${t("common.seat", { seat: attempt.seat })} · ${attempt.name}`);
    this.doing.draw(this.state, attempt);
    this.identity.update(identityOf(this.state, this.id), possible(this.state, this.id, "decide_identity"), plan.known_allowed);
    this.drawPlace(attempt.stage === "position");
    this.scans.update(day.checkin.scans, this.options.boot.may.check_in && possible(this.state, this.id, "review_scan"));
    this.position.update(plan, day.checkin.posture, attempt.stage === "position", attempt.stage_at);
    this.challenge.update(this.state.challenges, WATCHED_STAGES.includes(attempt.stage) && plan.mode === "live");
    this.chat.open = possible(this.state, this.id, "chat");
    this.videos.show(here && this.options.boot.may.watch && plan.mode === "live" ? this.feeds() : [], possible(this.state, this.id, "keep"));
    this.call.update(this.state.calls, possible(this.state, this.id, "call"));
    this.phone.update(phonesOf(this.state, this.id), here);
    this.places.update(this.state.places, this.cameras(), possible(this.state, this.id, "end"));
    this.facts.draw(this.state, attempt);
    this.notes.draw(day);
    this.checkout.update({ stage: attempt.stage, plan, checkout: day.checkout });
    this.drawFlags();
    this.chat.draw(messagesOf(this.state, this.id));
    this.markRead();
    this.tick();
    this.options.changed?.(this.state);
  }

  /** While somebody is coached into position the live pictures stand beside what is missing, and the ID below. They stay where they
   * are: a picture that is moved stops. */
  private drawPlace(coaching: boolean): void {
    const before = coaching ? this.videos.over : this.phone.element;
    if (before.nextElementSibling !== this.identity.element) before.after(this.identity.element);
  }

  private drawFlags(): void {
    this.flags.draw([...this.state.flags.values()].filter((flag) => flag.attempt === this.id), this.selected);
  }

  /** The exam's own, the phone as long as it is in, and the lab's camera of this seat if there is one. */
  private feeds(): Kind[] {
    return [...this.state.hall.plan.feeds, ...(this.phoneIn ? ["phone" as const] : []), ...(this.lab ? ["camera" as const] : [])];
  }

  private get phoneIn(): boolean {
    return phonesOf(this.state, this.id).some((phone) => phone.state === "confirmed");
  }

  /** Those that there are, or were. */
  private cameras(): Kind[] {
    const recorded = new Set(this.state.segments.map((segment) => segment.kind));
    return (["webcam", "phone", "camera"] as const).filter((kind) => kind === "webcam" || recorded.has(kind) || (kind === "phone" && this.phoneIn) || (kind === "camera" && this.lab));
  }

  /** Whoever looks has read the messages. */
  private markRead(): void {
    const newest = unreadOf(this.state, this.id).at(-1);
    if (newest && this.options.boot.may.message && !document.hidden) void this.options.acts.read(this.id, newest.message);
  }

  /** That somebody looked, or listened, is noted; who only reads the recording of somebody who is gone does neither. */
  private attend(kind: "look" | "listen"): void {
    if (!this.options.boot.may.conduct || !LIVE_STAGES.includes(this.row.stage)) return;
    if (kind === "look") this.lookedAt = now();
    void this.options.acts.conduct.attend(this.id, kind);
  }

  private tick(): void {
    const attempt = this.row;
    const { words } = stageLine({ attempt, pause: dayOfAttempt(this.state, this.id).pause, again: 0 }, now());
    const left = attempt.stage === "in_exam" && attempt.ends_at !== null ? ` · ${t("tile.left", { time: countdown(attempt.ends_at - now()) })}` : "";
    write(this.stage, attempt.stage === "in_exam" ? t("stage.in_exam") + left : words);
    if (!document.hidden && now() - this.lookedAt > LOOKS_AGAIN) this.attend("look");
    this.flags.tick();
    this.call.tick();
    this.identity.tick();
    this.position.tick();
    this.challenge.tick();
  }
}
