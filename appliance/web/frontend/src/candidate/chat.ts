/** Messages between the candidate and the proctor: on every step from the agreement on. */

import { problemOf } from "../lib/api";
import { shortTime } from "../lib/clock";
import { arrange, h, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Me, Message } from "../lib/types";
import type { Session } from "./session";

const LONGEST = 2000;

export interface Chat {
  element: HTMLElement;
  update(me: Me): void;
}

export function chat(session: Session): Chat {
  const list = h("ol", {});
  const log = h("div", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": t("chat.title"), tabindex: 0 }, list);
  const empty = h("p", { class: "muted" }, t("chat.empty"));
  const unread = h("span", { class: "badge" });
  const field = h("textarea", { id: "chat-text", maxlength: LONGEST, rows: 2, placeholder: t("chat.placeholder") });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const form = h("form", { class: "chat-form" }, h("label", { class: "hidden", for: "chat-text" }, t("chat.placeholder")), field, h("button", {}, t("chat.send")), wrong);
  const element = h("section", { class: "card chat", "aria-labelledby": "chat-title" },
    h("div", { class: "head" }, h("h2", { id: "chat-title" }, t("chat.title")), unread), h("p", { class: "hint" }, t("chat.help")), empty, log, form);
  const entries = new Map<string, HTMLElement>();

  const submit = async (): Promise<void> => {
    const text = field.value.trim();
    if (!text) return;
    write(wrong, "");
    try {
      await session.send(text);
      if (field.value.trim() === text) field.value = "";
    } catch (error) {
      const problem = problemOf(error);
      write(wrong, problem.offline ? `${t("chat.failed")} ${problem.sentence}` : `${problem.sentence} ${problem.hint}`);
    }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); void submit(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); void submit(); }
  });

  let marked = "";
  const update = (me: Me): void => {
    empty.hidden = me.messages.length > 0;
    const before = list.childElementCount;
    arrange(list, me.messages.map((message) => entry(entries, message)));
    if (list.childElementCount !== before) log.scrollTop = log.scrollHeight;
    const fresh = me.messages.filter((message) => message.sender !== "candidate" && message.read_at === null);
    write(unread, fresh.length ? plural("chat.unread", fresh.length) : "");
    unread.hidden = fresh.length === 0;
    const newest = fresh.at(-1)?.message;
    if (newest && newest !== marked && seen(element)) {
      marked = newest;
      session.read(newest).catch(() => { marked = ""; });
    }
  };
  return { element, update };
}

/** Somebody can have read it: the page is in front and the messages are on screen. */
function seen(element: HTMLElement): boolean {
  const box = element.getBoundingClientRect();
  return !document.hidden && box.top < innerHeight && box.bottom > 0;
}

function entry(entries: Map<string, HTMLElement>, message: Message): HTMLElement {
  const mine = message.sender === "candidate";
  let element = entries.get(message.message);
  if (!element) {
    const who = mine ? t("chat.you") : message.sender_name;
    element = h("li", { class: mine ? "said mine" : "said" },
      h("p", { class: "who" }, message.kind === "warning" ? `${t("chat.warning")} · ${who}` : who), h("p", { class: "pre" }, message.text), h("p", { class: "hint" }));
    if (message.kind === "warning") element.classList.add("warning");
    entries.set(message.message, element);
  }
  const state = message.acknowledged_at !== null ? t("chat.read", { time: shortTime(message.acknowledged_at) }) : mine && message.read_at !== null ? t("chat.seen") : "";
  write(element.lastElementChild as HTMLElement, [t("chat.sent", { time: shortTime(message.sent_at) }), state].filter(Boolean).join(" · "));
  return element;
}
