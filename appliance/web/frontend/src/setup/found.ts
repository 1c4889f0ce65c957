/** What a live test found, as an item of a list: a sign, a word, a sentence, and what helps. */

import { h } from "../lib/dom";

export type State = "good" | "note" | "warn" | "bad";

export interface Found {
  about: string;
  state: State;
  state_word: string;
  sentence: string;
  hint: string;
  /** The language of sentence and hint where it is not the page's. */
  foreign: string;
}

const SIGNS: Record<State, string> = { good: "✓", note: "i", warn: "!", bad: "✕" };

export function item(found: Found): HTMLElement {
  const foreign = found.foreign || null;
  return h(
    "li",
    { class: "setup-finding", "data-state": found.state },
    h("span", { class: "setup-sign", "aria-hidden": "true" }, SIGNS[found.state]),
    h(
      "div",
      {},
      h("p", {}, h("strong", {}, found.about), " ", h("span", { class: "setup-word" }, found.state_word)),
      h("p", { lang: foreign }, found.sentence),
      found.hint ? h("p", { class: "hint", lang: foreign }, found.hint) : null,
    ),
  );
}

/** One without a subject of its own: what is going on, or what went wrong on the way. */
export function line(state: State, sentence: string, hint = ""): HTMLElement {
  return h(
    "li",
    { class: "setup-finding", "data-state": state },
    h("span", { class: "setup-sign", "aria-hidden": "true" }, SIGNS[state]),
    h("div", {}, h("p", {}, sentence), hint ? h("p", { class: "hint" }, hint) : null),
  );
}
