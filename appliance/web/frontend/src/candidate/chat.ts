/** Messages between the candidate and the proctor: on every step from the agreement on. */

import { problemOf } from "../lib/api";
import { shortTime } from "../lib/clock";
import { arrange, h, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import { AT_WORK, CLOSED, type Me, type Message } from "../lib/types";
import { onScreen } from "./seen";
import type { Session } from "./session";

const LONGEST = 2000;

/** What is most often wanted, by one press: words for a proctor are hard to find in a hurry. */
const QUICK = ["bathroom", "technical", "unwell"] as const;

export interface Chat {
  element: HTMLElement;
  update(me: Me): void;
}

/** `askContent` leads to where questions about the content are asked: a proctor cannot answer those (I32). */
export function chat(session: Session, askContent: () => void): Chat {
  const list = h("ol", {});
  const log = h("div", { class: "chat-log", role: "log", "aria-live": "polite", "aria-label": t("chat.title"), tabindex: 0 }, list);
  const empty = h("p", { class: "muted" }, t("chat.empty"));
  const unread = h("span", { class: "badge" });
  const field = h("textarea", { id: "chat-text", maxlength: LONGEST, rows: 2, placeholder: t("chat.placeholder") });
  const wrong = h("p", { class: "wrong", role: "alert" });
  const form = h("form", { class: "chat-form" }, h("label", { class: "hidden", for: "chat-text" }, t("chat.placeholder")), field, h("button", {}, t("chat.send")), wrong);
  const quick = h("div", { class: "quick-texts", role: "group", "aria-label": t("candidate.quick.label") },
    ...QUICK.map((one) => h("button", { type: "button", class: "small", onclick: () => void say(t(`candidate.quick.${one}`)) }, t(`candidate.quick.${one}`))));
  const content = h("button", { type: "button", class: "small", onclick: askContent }, t("candidate.quick.content"));
  quick.append(content);
  const element = h("section", { class: "card chat", "aria-labelledby": "chat-title" },
    h("div", { class: "head" }, h("h2", { id: "chat-title" }, t("chat.title")), unread), h("p", { class: "hint" }, t("chat.help")), empty, log, quick, form);
  const entries = new Map<string, HTMLElement>();

  const submit = async (): Promise<void> => {
    const text = field.value.trim();
    if (text && (await say(text)) && field.value.trim() === text) field.value = "";
  };
  const say = async (text: string): Promise<boolean> => {
    write(wrong, "");
    try {
      await session.send(text);
      return true;
    } catch (error) {
      const problem = problemOf(error);
      write(wrong, problem.offline ? `${t("chat.failed")} ${problem.sentence}` : `${problem.sentence} ${problem.hint}`);
      return false;
    }
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); void submit(); });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); void submit(); }
  });

  let marked = "";
  const update = (me: Me): void => {
    empty.hidden = me.messages.length > 0;
    form.hidden = CLOSED.includes(me.stage); // nobody reads it any more
    quick.hidden = me.plan.mode !== "live" || CLOSED.includes(me.stage);
    content.hidden = !AT_WORK.includes(me.stage);
    const before = list.childElementCount;
    arrange(list, me.messages.map((message) => entry(entries, message)));
    if (list.childElementCount !== before) log.scrollTop = log.scrollHeight;
    const fresh = me.messages.filter((message) => message.sender !== "candidate" && message.read_at === null);
    write(unread, fresh.length ? plural("chat.unread", fresh.length) : "");
    unread.hidden = fresh.length === 0;
    const newest = fresh.at(-1)?.message;
    if (newest && newest !== marked && onScreen(log)) {
      marked = newest;
      session.read(newest).catch(() => { marked = ""; });
    }
  };
  return { element, update };
}

function entry(entries: Map<string, HTMLElement>, message: Message): HTMLElement {
  const mine = message.sender === "candidate";
  let element = entries.get(message.message);
  if (!element) {
    const who = mine ? t("chat.you") : message.sender_name;
    element = h("li", { class: mine ? "said mine" : "said" },
      h("p", { class: "who" }, message.kind === "warning" ? `${t("chat.warning")} · ${who}` : who), h("p", { class: "pre", dir: "auto" }, message.text), h("p", { class: "hint" }));
    if (message.kind === "warning") element.classList.add("warning");
    entries.set(message.message, element);
  }
  const state = message.acknowledged_at !== null ? t("chat.read", { time: shortTime(message.acknowledged_at) }) : mine && message.read_at !== null ? t("chat.seen") : "";
  write(element.lastElementChild as HTMLElement, [t("chat.sent", { time: shortTime(message.sent_at) }), state].filter(Boolean).join(" · "));
  return element;
}
