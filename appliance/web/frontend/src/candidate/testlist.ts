/** The self-test in plain words: each item with its result, and what to do where it is not good. */

import { arrange, h, set, write } from "../lib/dom";
import { has, t } from "../lib/strings";
import type { TestResult } from "../lib/checkin";
import { TESTS, type Results, type TestName } from "./judge";

const SIGNS: Record<TestResult["state"] | "running", string> = { pass: "✓", warn: "!", fail: "✕", not_required: "–", not_assessable: "?", running: "…" };

export class TestList {
  private readonly rows = new Map<TestName, { row: HTMLElement; sign: HTMLElement; said: HTMLElement; hint: HTMLElement }>();
  private readonly list = h("ul", { class: "tests" });
  private readonly summary = h("p", { class: "label", role: "status" });
  readonly element = h("section", { class: "stack tight", "aria-label": t("candidate.test.title") }, h("h2", {}, t("candidate.test.title")), this.summary, this.list);

  constructor() {
    for (const name of TESTS) {
      const [sign, said, hint] = [h("span", { class: "test-sign", "aria-hidden": "true" }), h("span", { class: "test-said" }), h("span", { class: "hint" })];
      this.rows.set(name, { sign, said, hint, row: h("li", {}, sign, h("span", { class: "test-name" }, t(`candidate.test.${name}`)), said, hint) });
    }
  }

  update(results: Results, { running, done }: { running: boolean; done: boolean }): void {
    const shown = TESTS.filter((name) => results[name] || running);
    for (const name of shown) this.draw(name, results[name]);
    arrange(this.list, shown.flatMap((name) => this.rows.get(name)?.row ?? []));
    const states = shown.map((name) => results[name]?.state);
    const worst = states.includes("fail") ? "fail" : states.includes("warn") ? "warn" : "pass";
    const all = running ? "running" : done ? worst : "before";
    write(this.summary, t(`candidate.test.summary.${all}`));
  }

  private draw(name: TestName, result: TestResult | undefined): void {
    const parts = this.rows.get(name);
    if (!parts) return;
    const state = result?.state ?? "running";
    set(parts.row, "data-state", state);
    write(parts.sign, SIGNS[state]);
    write(parts.said, result ? said(name, result) : t("candidate.test.state.running"));
    write(parts.hint, result ? hint(name, result) : "");
  }
}

function said(name: TestName, { state, value }: TestResult): string {
  const word = t(`candidate.test.state.${state}`);
  const key = `candidate.test.value.${name}`;
  return value !== "" && has(key) && !["not_required", "not_assessable"].includes(state) ? `${word} · ${t(key, { value })}` : word;
}

/** What to do; of what this browser cannot tell, who looks instead. */
function hint(name: TestName, { state }: TestResult): string {
  if (state === "warn" || state === "fail") return t(`candidate.test.hint.${name}`);
  const unknown = `candidate.test.unknown.${name}`;
  return state === "not_assessable" && has(unknown) ? t(unknown) : "";
}
