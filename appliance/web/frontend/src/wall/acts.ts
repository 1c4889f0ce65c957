/** What a proctor does, at the box. Offline nothing pretends to be sent; decisions can be undone for 10 s. */

import { post } from "../lib/api";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { Attempt, Flag, Kind, Place, Ruling, StaffPhone } from "../lib/types";
import { flagTitle } from "../lib/words";
import { Conduct } from "./conduct";
import { reasonWords, type Reason, type Reasoned } from "./items";
import { Wire } from "./wire";

const UNDO_SECONDS = 10;

/** What no model of the box sees (`exam/rules.toml`, source "person"). */
const TICKED = ["headphones", "smart_wearable", "head_covering", "distraction"] as const;

export class Acts {
  readonly wire: Wire;
  /** Everything besides flags and messages. */
  readonly conduct: Conduct;
  private undoable: { run: () => void; until: number } | null = null;

  /** `live` says whether the line is there. */
  constructor(live: () => boolean) {
    this.wire = new Wire(live);
    this.conduct = new Conduct(this.wire);
  }

  confirm(flag: Flag, attempt: Attempt): Promise<void> {
    return this.decide(flag, "confirmed", "", t("done.confirmed", { seat: attempt.seat }));
  }

  /** Dismiss it, or leave it as inconclusive: both say why. */
  reason(flag: Flag, attempt: Attempt, decision: Reasoned, reason: Reason): Promise<void> {
    return this.decide(flag, decision, reason, t(`done.${decision}`, { seat: attempt.seat, reason: reasonWords(decision, reason) }));
  }

  reopen(flag: Flag): Promise<void> {
    return this.wire.send(() => post(`/api/flags/${flag.flag}/decide`, { decision: "open", reason: "" }), t("done.undone"));
  }

  admit(attempt: Attempt): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/admit`), t("done.admitted", { seat: attempt.seat }));
  }

  /** Out of the check-out. */
  release(attempt: Attempt): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/checkout/release`), t("done.let_go", { seat: attempt.seat }));
  }

  /** The candidate's page offers the phone, and the chat says so. */
  askForPhone(attempt: Attempt): Promise<void> {
    const text = t("look.phone.asked");
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/messages`, { text, kind: "phone" }), t("done.asked_phone", { seat: attempt.seat }));
  }

  /** Refusing needs a note: it is asked for. */
  identify(attempt: Attempt, ruling: Ruling): void {
    if (ruling === "refused") return this.refuse(attempt);
    void this.wire.send(() => post(`/api/attempts/${attempt.attempt}/identity`, { decision: ruling }), t("done.identified", { seat: attempt.seat, ruling: t(`ruling.${ruling}`) }));
  }

  challenge(attempt: Attempt): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/challenge`), t("done.challenged", { seat: attempt.seat }));
  }

  confirmPhone(phone: StaffPhone, attempt: Attempt): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/phones/${phone.pairing}/confirm`), t("done.confirmed_phone", { seat: attempt.seat }));
  }

  refusePhone(phone: StaffPhone, attempt: Attempt): void {
    const waits = phone.state === "scanned";
    const reason = h("input", { id: "phone-reason", maxlength: 500, required: true });
    this.wire.ask({
      title: t(waits ? "look.phone.refuse_title" : "look.phone.remove_title", { seat: attempt.seat }),
      body: [h("p", {}, t(waits ? "look.phone.refuse_text" : "look.phone.remove_text")), h("div", { class: "row" }, h("label", { for: "phone-reason" }, t("look.end_reason")), reason)],
      go: t(waits ? "look.phone.refuse" : "look.phone.remove"),
      danger: true,
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/phones/${phone.pairing}/refuse`, { reason: reason.value.trim() });
        return t(waits ? "done.refused_phone" : "done.removed_phone", { seat: attempt.seat });
      },
    });
    reason.focus();
  }

  place(attempt: Attempt, kind: Kind, position: Place): Promise<void> {
    const values = { seat: attempt.seat, kind: t(`kind.${kind}`), place: t(`place.${position}`) };
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/position`, { kind, position }), t("done.placed", values));
  }

  /** Everything up to this message was seen. Not worth a complaint: it is said again the next time. */
  async read(attempt: string, message: string): Promise<void> {
    if (!this.wire.there) return;
    await post(`/api/attempts/${attempt}/read`, { message }).catch((error: unknown) => console.warn("not marked as read", error));
  }

  /** Throws a Problem, for the field to keep its text. */
  async message(attempt: Attempt, text: string): Promise<void> {
    this.wire.needLine();
    await post(`/api/attempts/${attempt.attempt}/messages`, { text, kind: "chat" });
  }

  undo(): void {
    const last = this.undoable;
    this.undoable = null;
    if (last && last.until > Date.now()) last.run();
  }

  /** `tickable`: what no model sees and was not ticked yet; the box refuses what cannot be ticked. */
  ownFlag(attempt: Attempt, tickable: readonly string[] = TICKED): void {
    const pressed = Date.now();
    const note = h("textarea", { id: "own-note", maxlength: 500, rows: 3 });
    const choice = h("select", { id: "own-code" }, h("option", { value: "" }, t("look.own_flag_other")), ...tickable.map((code) => h("option", { value: code }, flagTitle({ code }))));
    const kinds = h("div", { class: "row", hidden: tickable.length === 0 }, h("label", { for: "own-code" }, t("look.own_flag_what")), choice, h("p", { class: "hint" }, t("look.own_flag_unseen")));
    this.wire.ask({
      title: t("look.own_flag_title"),
      body: [h("p", {}, t("look.own_flag_text", { seat: attempt.seat })), kinds, h("div", { class: "row" }, h("label", { for: "own-note" }, t("look.note")), note)],
      go: t("look.raise"),
      run: async () => {
        // 10 s before the key was pressed, however long the note took
        const back = 10 + (Date.now() - pressed) / 1000;
        const tick = choice.value ? { code: choice.value } : {};
        await post(`/api/attempts/${attempt.attempt}/flags`, { note: note.value.trim(), back_seconds: Math.round(back), ...tick });
        return t("done.flagged", { seat: attempt.seat });
      },
    });
    note.focus();
  }

  warn(attempt: Attempt): void {
    const text = h("textarea", { id: "warn-text", maxlength: 1000, rows: 4, required: true });
    this.wire.ask({
      title: t("look.warn_title", { seat: attempt.seat }),
      body: [h("p", {}, t("look.warn_text")), h("div", { class: "row" }, h("label", { for: "warn-text" }, t("chat.warning")), text)],
      go: t("look.warn_go"),
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/messages`, { text: text.value.trim(), kind: "warning" });
        return t("done.warned", { seat: attempt.seat });
      },
    });
    text.focus();
  }

  end(attempt: Attempt, override: boolean): void {
    const reason = h("input", { id: "end-reason", maxlength: 500, required: true });
    this.wire.ask({
      title: t("look.end_title", { seat: attempt.seat }),
      body: [
        h("p", {}, t("look.end_text", { name: attempt.name })),
        override ? h("p", { class: "problem mild" }, t("look.end_override")) : h("span", {}),
        h("div", { class: "row" }, h("label", { for: "end-reason" }, t("look.end_reason")), reason),
      ],
      go: t("look.end_go"),
      danger: true,
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/end`, { reason: reason.value.trim(), override });
        return t("done.ended", { seat: attempt.seat });
      },
    });
    reason.focus();
  }

  private refuse(attempt: Attempt): void {
    const note = h("input", { id: "identity-note", maxlength: 500, required: true });
    this.wire.ask({
      title: t("look.identity.refuse_title", { seat: attempt.seat }),
      body: [h("p", {}, t("look.identity.refuse_text", { name: attempt.name })), h("div", { class: "row" }, h("label", { for: "identity-note" }, t("look.end_reason")), note)],
      go: t("look.identity.refuse_go"),
      danger: true,
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/identity`, { decision: "refused", note: note.value.trim() });
        return t("done.identified", { seat: attempt.seat, ruling: t("ruling.refused") });
      },
    });
    note.focus();
  }

  private async decide(flag: Flag, decision: string, reason: string, done: string): Promise<void> {
    const sent = await this.wire.attempt(() => post(`/api/flags/${flag.flag}/decide`, { decision, reason, was: flag.state }));
    if (!sent) return;
    const run = (): void => void this.reopen(flag);
    this.undoable = { run, until: Date.now() + UNDO_SECONDS * 1000 };
    toast(done, { seconds: UNDO_SECONDS, action: { label: `${t("common.undo")} (U)`, run } });
  }
}
