/** What is said to everybody, what staff say among themselves, and the sections that are given out. */

import { post, problemOf } from "../lib/api";
import { shortTime, time } from "../lib/clock";
import type { Announcement, StaffMessage } from "../lib/day";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Boot } from "../lib/types";
import type { State } from "./store";
import { quick, row, type Wire } from "./wire";

const LONGEST = 1000;

/** The newest announcement under the bar, with how many have read it. */
export class Announcements {
  private readonly said = h("p", { class: "announced" });
  private readonly read = h("span", { class: "announced-read" });
  private readonly all = h("button", { type: "button", class: "quiet", onclick: () => this.show() });
  readonly element = h("section", { class: "announcements", "aria-label": t("board.announce.label"), hidden: true }, this.said, this.read, this.all);
  private known: readonly Announcement[] = [];

  constructor(private readonly boot: Boot, private readonly wire: Wire) {}

  draw(state: State): void {
    this.known = state.hall.announcements;
    const newest = this.known.at(-1);
    this.element.hidden = !newest;
    if (!newest) return;
    write(this.said, t("board.announce.newest", { time: shortTime(newest.announced_at), name: newest.by_name, text: newest.text }));
    write(this.read, t("board.announce.read", { n: newest.read, all: newest.told }));
    set(this.read, "data-all", newest.read >= newest.told);
    write(this.all, t("board.announce.all", { n: this.known.length }));
  }

  /** To every candidate that the sender sees; it is counted who has read it. */
  ask(): void {
    const text = h("textarea", { id: "announce-text", maxlength: LONGEST, rows: 4, required: true });
    const spoken = h("input", { id: "announce-spoken", type: "checkbox", checked: true });
    const sentences = ["ten_minutes", "stay", "questions", "technical"].map((name) => t(`board.announce.quick.${name}`));
    this.wire.ask({
      title: t("board.announce.title"), go: t("board.announce.go"), first: text,
      body: [h("p", {}, t("board.announce.text")), row(t("board.announce.what"), text), quick(text, sentences), h("p", { class: "line" }, spoken, h("label", { for: "announce-spoken" }, t("board.announce.spoken")))],
      run: async () => {
        await post(`/api/exams/${this.boot.exam.exam}/announcements`, { text: text.value.trim(), spoken: spoken.checked });
        return t("done.announced");
      },
    });
  }

  private show(): void {
    const rows = [...this.known].reverse().map((one) => h("li", { class: "said" },
      h("p", { class: "who" }, t("board.announce.by", { time: time(one.announced_at), name: one.by_name })), h("p", { class: "pre" }, one.text),
      h("p", { class: "hint" }, t("board.announce.read", { n: one.read, all: one.told }), one.spoken ? ` · ${t("board.announce.was_spoken")}` : "")));
    modal("announcements", t("board.announce.label"), h("ol", { class: "said-list" }, ...rows));
  }
}

/** Staff among themselves; candidates never see it. */
export class BackChannel {
  readonly button: HTMLButtonElement;
  private readonly list = h("ol", { class: "said-list" });
  private readonly log = h("div", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": t("board.staff.title"), tabindex: 0 }, this.list);
  private readonly empty = h("p", { class: "muted" }, t("board.staff.empty"));
  private readonly entries = new Map<string, HTMLElement>();
  private seen: number;
  private dialog: HTMLDialogElement | null = null;
  private lines: readonly StaffMessage[] = [];

  constructor(private readonly boot: Boot, private readonly wire: Wire, seen: number) {
    this.seen = seen;
    this.button = h("button", { type: "button", class: "quiet", "aria-haspopup": "dialog", onclick: () => this.open() });
    this.button.hidden = !boot.may.staff_chat;
  }

  draw(state: State): void {
    this.lines = state.hall.staff;
    if (this.dialog) this.seen = this.lines.length;
    const fresh = Math.max(0, this.lines.length - this.seen);
    set(this.button, "data-new", fresh > 0);
    const label = fresh ? t("board.staff.new", { n: fresh }) : t("board.staff.open");
    if (this.button.dataset["label"] !== label) {
      this.button.dataset["label"] = label;
      this.button.replaceChildren(h("kbd", { "aria-hidden": "true" }, "G"), label);
    }
    if (this.dialog) this.drawLines();
  }

  open(): void {
    if (this.dialog || !this.boot.may.staff_chat) return;
    const field = h("textarea", { id: "staff-text", maxlength: LONGEST, rows: 2, required: true });
    const wrong = h("p", { class: "wrong", role: "alert" });
    const form = h("form", { class: "chat-form" }, h("label", { class: "hidden", for: "staff-text" }, t("board.staff.field")), field, h("button", { class: "primary" }, t("common.send")), wrong);
    const submit = async (): Promise<void> => {
      const text = field.value.trim();
      if (!text) return;
      write(wrong, "");
      try {
        this.wire.needLine();
        await post(`/api/exams/${this.boot.exam.exam}/staff`, { text });
        if (field.value.trim() === text) field.value = "";
      } catch (error) {
        const problem = problemOf(error);
        write(wrong, `${problem.sentence} ${problem.hint}`.trim());
      }
    };
    form.addEventListener("submit", (event) => { event.preventDefault(); void submit(); });
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); void submit(); }
    });
    this.dialog = modal("back-channel", t("board.staff.title"), h("p", { class: "muted" }, t("board.staff.hint")), this.empty, this.log, form);
    this.dialog.addEventListener("close", () => { this.dialog = null; });
    this.seen = this.lines.length;
    this.drawLines();
    field.focus();
  }

  private drawLines(): void {
    this.empty.hidden = this.lines.length > 0;
    arrange(this.list, this.lines.map((line) => this.entry(line)));
    this.log.scrollTop = this.log.scrollHeight;
  }

  private entry(line: StaffMessage): HTMLElement {
    const known = this.entries.get(line.message);
    if (known) return known;
    const mine = line.by === this.boot.viewer.user;
    const made = h("li", { class: mine ? "said mine" : "said" }, h("p", { class: "who" }, `${line.by_name} · ${time(line.said_at)}`), h("p", { class: "pre" }, line.text));
    this.entries.set(line.message, made);
    return made;
  }
}

/** The sections of an exam: which are out, and the way to give out the next one. */
export class Sections {
  readonly button = h("button", { type: "button", class: "quiet", hidden: true, "aria-haspopup": "dialog", onclick: () => this.show() });
  private dialog: HTMLDialogElement | null = null;
  private readonly list = h("ol", { class: "plain-list sections" });
  private state: State | null = null;

  constructor(private readonly boot: Boot, private readonly wire: Wire) {}

  draw(state: State): void {
    this.state = state;
    const { sections, one_by_one } = state.hall.plan;
    this.button.hidden = !one_by_one || sections.length === 0;
    write(this.button, t("board.sections.open", { n: sections.filter((one) => one.released_at !== null).length, all: sections.length }));
    if (this.dialog) this.drawList();
  }

  private show(): void {
    this.dialog = modal("sections", t("board.sections.title"), h("p", { class: "muted" }, t("board.sections.hint")), this.list);
    this.dialog.addEventListener("close", () => { this.dialog = null; });
    this.drawList();
  }

  private drawList(): void {
    const sections = this.state?.hall.plan.sections ?? [];
    const next = sections.find((one) => one.released_at === null);
    const may = this.boot.may.release;
    this.list.replaceChildren(...sections.map((one) => {
      const minutes = one.minutes ? ` · ${t("common.minutes", { n: one.minutes })}` : "";
      const rest = one.break_minutes ? ` · ${t("board.sections.break", { n: one.break_minutes })}` : "";
      const out = one.released_at !== null ? h("span", { class: "muted" }, t("board.sections.released", { time: shortTime(one.released_at) })) : null;
      const go = one === next && may ? h("button", { type: "button", class: "small primary", onclick: () => void this.release(one.number, one.title) }, t("board.sections.release")) : null;
      return h("li", { class: "section-line" }, h("span", {}, `${one.number}. ${one.title}${minutes}${rest}`), out, go);
    }));
  }

  private release(number: number, title: string): Promise<void> {
    return this.wire.send(() => post(`/api/exams/${this.boot.exam.exam}/sections/${number}/release`), t("done.released_section", { title }));
  }
}

/** A window over the wall with a way to close it. */
function modal(kind: string, title: string, ...content: Node[]): HTMLDialogElement {
  const id = `${kind}-title`;
  const dialog = h("dialog", { class: kind, "aria-labelledby": id }, h("div", { class: "stack" },
    h("div", { class: "head" }, h("h2", { id }, title), h("button", { type: "button", class: "small", onclick: () => dialog.close() }, t("common.close"))), ...content));
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
