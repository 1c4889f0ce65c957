/** What a proctor does to one candidate besides flags and messages: check-in, breaks, pauses, seats, notes, evidence. */

import { post } from "../lib/api";
import type { Plan, Scan, Sight } from "../lib/day";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import { toast } from "../lib/toast";
import type { Attempt, Kind } from "../lib/types";
import { CATEGORIES, OTHER } from "./irregular";
import { quick, row, type Wire } from "./wire";

/** Where somebody can be sent back to, or asked to show the room while the exam goes on. */
export type Again = "identification" | "room_scan" | "position" | "scan_now";

const USUAL_BREAK = 10;

export class Conduct {
  constructor(private readonly wire: Wire) {}

  // --- check-in ---

  /** The ID, the room, the position once more. The candidate reads the reason. */
  again(attempt: Attempt, choices: readonly Again[]): void {
    const [first] = choices;
    if (!first) return void toast(t("board.again.none", { seat: attempt.seat }));
    const what = h("select", { id: "again-what" }, ...choices.map((choice) => h("option", { value: choice }, t(`board.again.${choice}`))));
    const reason = h("input", { id: "again-reason", maxlength: 300, required: true });
    const sentences = ["glare", "dark", "blurred", "turned", "part", "fast"].map((name) => t(`board.again.quick.${name}`));
    this.wire.ask({
      title: t("board.again.title", { seat: attempt.seat }),
      body: [row(t("board.again.what"), what), row(t("board.reason_shown"), reason), quick(reason, sentences)],
      go: t("board.again.go"), first: choices.length > 1 ? what : reason,
      run: async () => {
        const said = reason.value.trim();
        if (what.value === "scan_now") await post(`/api/attempts/${attempt.attempt}/scan`, { reason: said });
        else await post(`/api/attempts/${attempt.attempt}/back`, { stage: what.value, reason: said });
        return t("done.again", { seat: attempt.seat, what: t(`board.again.${what.value}`) });
      },
    });
  }

  clearScan(attempt: Attempt, scan: Scan): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/scans/${scan.scan}/review`, { verdict: "clear", note: "" }), t("done.scan_clear", { seat: attempt.seat }));
  }

  scanAgain(attempt: Attempt, scan: Scan): void {
    const note = h("input", { id: "scan-note", maxlength: 300, required: true });
    this.wire.ask({
      title: t("board.scan.again_title", { seat: attempt.seat }), first: note, go: t("board.scan.again"),
      body: [row(t("board.reason_shown"), note), quick(note, ["part", "dark", "fast"].map((name) => t(`board.again.quick.${name}`)))],
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/scans/${scan.scan}/review`, { verdict: "again", note: note.value.trim() });
        return t("done.again", { seat: attempt.seat, what: t("board.again.room_scan") });
      },
    });
  }

  /** `ticked`: what a person sees in the picture; with it the candidate goes on. */
  position(attempt: Attempt, ticked: readonly Sight[], phone: string): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/posture`, { ticked, phone }), t("done.position", { seat: attempt.seat }));
  }

  refuse(attempt: Attempt): void {
    const reason = h("input", { id: "refuse-reason", maxlength: 300, required: true });
    const next = h("textarea", { id: "refuse-next", maxlength: 500, rows: 2, required: true });
    next.value = t("board.refuse.next_usual");
    this.wire.ask({
      title: t("board.refuse.title", { seat: attempt.seat }), danger: true, go: t("board.refuse.go"), first: reason,
      body: [h("p", {}, t("board.refuse.text", { name: attempt.name })), row(t("look.end_reason"), reason), row(t("board.refuse.next"), next)],
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/refuse`, { reason: reason.value.trim(), next_step: next.value.trim() });
        return t("done.refused", { seat: attempt.seat });
      },
    });
  }

  // --- the sitting ---

  /** A break; the usual length is that of the plan's sections. */
  giveBreak(attempt: Attempt, plan: Plan): void {
    const minutes = h("input", { id: "break-minutes", type: "number", min: 1, max: 120, required: true, value: usualBreak(plan) });
    this.wire.ask({
      title: t("board.break.title", { seat: attempt.seat }), go: t("board.break.go"), first: minutes,
      body: [h("p", {}, t("board.break.text")), row(t("board.break.minutes"), minutes)],
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/break`, { minutes: Number(minutes.value) });
        return t("done.break", { seat: attempt.seat, n: minutes.value });
      },
    });
    minutes.select();
  }

  endBreak(attempt: Attempt): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/break/end`), t("done.break_over", { seat: attempt.seat }));
  }

  pause(attempt: Attempt): void {
    const reason = h("input", { id: "pause-reason", maxlength: 300, required: true });
    this.wire.ask({
      title: t("board.pause.title", { seat: attempt.seat }), go: t("board.pause.go"), first: reason,
      body: [h("p", {}, t("board.pause.text")), row(t("look.end_reason"), reason)],
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/pause`, { reason: reason.value.trim() });
        return t("done.paused", { seat: attempt.seat });
      },
    });
  }

  resume(attempt: Attempt): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/resume`), t("done.resumed", { seat: attempt.seat }));
  }

  /** Another seat. The new computer joins with a new code, which is shown once. */
  reseat(attempt: Attempt): void {
    const seat = h("input", { id: "reseat-seat", maxlength: 16, required: true, autocomplete: "off" });
    const reason = h("input", { id: "reseat-reason", maxlength: 300, required: true });
    this.wire.ask({
      title: t("board.reseat.title", { seat: attempt.seat }), go: t("board.reseat.go"), first: seat,
      body: [h("p", {}, t("board.reseat.text")), row(t("board.reseat.seat"), seat), row(t("look.end_reason"), reason)],
      run: async () => {
        const moved = await post<{ code?: string }>(`/api/attempts/${attempt.attempt}/seat`, { seat: seat.value.trim(), reason: reason.value.trim() });
        const code = moved.code ?? (await post<{ code: string }>(`/api/attempts/${attempt.attempt}/code`)).code;
        showCode(seat.value.trim(), attempt.name, code);
      },
    });
  }

  /** Somebody opened this candidate, or listened. Not worth a complaint: it stays due then. */
  async attend(attempt: string, kind: "look" | "listen"): Promise<void> {
    if (!this.wire.there) return;
    await post(`/api/attempts/${attempt}/attention`, { kind }).catch((error: unknown) => console.warn("attention not noted", error));
  }

  // --- notes and evidence ---

  note(attempt: Attempt): void {
    const category = h("select", { id: "note-category" }, ...CATEGORIES.map(({ group, names }) => h("optgroup", { label: t(`irregular.${group}.group`) },
      ...names.map((name) => h("option", { value: `${group}.${name}` }, t(`irregular.${group}.${name}`))))), h("option", { value: OTHER }, t(`irregular.${OTHER}`)));
    const text = h("textarea", { id: "note-text", maxlength: 1000, rows: 3, required: true });
    const back = h("input", { id: "note-back", type: "number", min: 0, max: 3600, value: 0, required: true });
    const pressed = Date.now();
    this.wire.ask({
      title: t("board.note.title", { seat: attempt.seat }), go: t("board.note.go"), first: category,
      body: [h("p", {}, t("board.note.text")), row(t("board.note.category"), category, t("board.note.category_hint")), row(t("board.note.what"), text), row(t("board.note.back"), back)],
      run: async () => {
        const seconds = Math.round(Number(back.value) + (Date.now() - pressed) / 1000); // from the key on, however long the words took
        await post(`/api/attempts/${attempt.attempt}/irregularities`, { category: category.value, text: text.value.trim(), back_seconds: seconds });
        return t("done.noted", { seat: attempt.seat });
      },
    });
  }

  /** A still in full resolution and the clip around it. */
  keep(attempt: Attempt, kind: Kind = "webcam"): Promise<void> {
    return this.wire.send(() => post(`/api/attempts/${attempt.attempt}/keep`, { kind, position: null }), t("done.kept", { seat: attempt.seat, kind: t(`kind.${kind}`) }));
  }

  /** A question about the content is the institution's; the candidate is told so. */
  inquire(attempt: Attempt, asked: string): void {
    const text = h("textarea", { id: "inquiry-text", maxlength: 2000, rows: 4, required: true });
    text.value = asked;
    this.wire.ask({
      title: t("board.inquiry.title", { seat: attempt.seat }), go: t("board.inquiry.go"), first: text,
      body: [h("p", {}, t("board.inquiry.text")), row(t("board.inquiry.question"), text)],
      run: async () => {
        await post(`/api/attempts/${attempt.attempt}/inquiries`, { text: text.value.trim() });
        await post(`/api/attempts/${attempt.attempt}/messages`, { text: t("board.quick_reply.passed_on"), kind: "chat" });
        return t("done.inquired", { seat: attempt.seat });
      },
    });
  }
}

/** The longest break of the plan's sections; 10 minutes where it has none. */
export function usualBreak(plan: Pick<Plan, "sections">): number {
  return Math.max(0, ...plan.sections.map((section) => section.break_minutes)) || USUAL_BREAK;
}

function showCode(seat: string, name: string, code: string): void {
  const dialog = h("dialog", { "aria-labelledby": "new-code-title" }, h("div", { class: "stack" },
    h("h2", { id: "new-code-title" }, t("board.reseat.code_title", { seat })), h("p", {}, t("board.reseat.code_text", { name })), h("p", { class: "code new-code" }, code),
    h("div", { class: "actions" }, h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, t("common.close")))));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
