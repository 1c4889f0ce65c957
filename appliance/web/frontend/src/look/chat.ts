/** Messages with one candidate, as staff sees them. */

import { problemOf } from "../lib/api";
import { time } from "../lib/clock";
import { arrange, h, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Message } from "../lib/types";
import { quick } from "../wall/wire";

const LONGEST = 2000;
/** For rules and technical help only: whoever watches has no access to the content (proctoring.md I31, I32). */
const QUICK = ["seen", "camera", "share", "desk", "face", "quiet", "someone_comes", "passed_on", "no_extra_time"] as const;

export class StaffChat {
  private readonly list = h("ol", {});
  private readonly log = h("div", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": t("look.chat"), tabindex: 0 }, this.list);
  private readonly empty = h("p", { class: "muted" }, t("look.chat_empty"));
  private readonly field: HTMLTextAreaElement;
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly form: HTMLFormElement;
  readonly element: HTMLElement;
  private readonly entries = new Map<string, HTMLElement>();

  constructor(attempt: Attempt, private readonly mayWrite: boolean, private readonly send: (text: string) => Promise<void>) {
    this.field = h("textarea", { id: "look-message", maxlength: LONGEST, rows: 2, placeholder: t("look.chat_placeholder", { seat: attempt.seat }) });
    this.form = h("form", { class: "chat-form", hidden: !mayWrite }, h("label", { class: "hidden", for: "look-message" }, t("look.chat_placeholder", { seat: attempt.seat })), this.field, h("button", {}, t("common.send")), this.wrong);
    this.form.addEventListener("submit", (event) => { event.preventDefault(); void this.submit(); });
    this.field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); void this.submit(); }
    });
    this.form.append(quick(this.field, QUICK.map((name) => t(`board.quick_reply.${name}`))));
    this.element = h("section", { class: "look-chat" }, h("h3", {}, t("look.chat")), this.empty, this.log, this.form);
  }

  /** Can something be written now? */
  set open(open: boolean) {
    this.form.hidden = !(open && this.mayWrite);
  }

  focus(): void {
    this.field.focus();
  }

  draw(messages: readonly Message[]): void {
    this.empty.hidden = messages.length > 0;
    const before = this.list.childElementCount;
    arrange(this.list, messages.map((message) => this.entry(message)));
    if (this.list.childElementCount !== before) this.log.scrollTop = this.log.scrollHeight;
  }

  private async submit(): Promise<void> {
    const text = this.field.value.trim();
    if (!text) return;
    write(this.wrong, "");
    try {
      await this.send(text);
      if (this.field.value.trim() === text) this.field.value = "";
    } catch (error) {
      const problem = problemOf(error);
      write(this.wrong, `${t("chat.failed")} ${problem.sentence}`);
    }
  }

  private entry(message: Message): HTMLElement {
    const theirs = message.sender === "candidate";
    let element = this.entries.get(message.message);
    if (!element) {
      const who = theirs ? t("look.candidate") : message.sender_name;
      element = h("li", { class: `said${theirs ? "" : " mine"}${message.kind === "warning" ? " warning" : ""}` },
        h("p", { class: "who" }, message.kind === "warning" ? `${t("chat.warning")} · ${who}` : who), h("p", { class: "pre" }, message.text), h("p", { class: "hint" }));
      this.entries.set(message.message, element);
    }
    write(element.lastElementChild as HTMLElement, [t("chat.sent", { time: time(message.sent_at) }), state(message, theirs)].filter(Boolean).join(" · "));
    return element;
  }
}

function state(message: Message, theirs: boolean): string {
  if (message.kind === "warning") return message.acknowledged_at === null ? t("chat.unread_warning") : t("chat.read", { time: time(message.acknowledged_at) });
  return !theirs && message.read_at !== null ? t("chat.seen") : "";
}
