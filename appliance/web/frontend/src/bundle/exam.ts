/** The page of an exam: its attempts, each a link to its own page. */

import { duration } from "../lib/clock";
import { h } from "../lib/dom";
import { has, t } from "../lib/strings";
import type { AttemptOf, Boot } from "./boot";

export function examPage(boot: Boot): HTMLElement {
  const attempts = boot.attempts ?? [];
  const head = ["who", "seat", "state", "flags", "gaps"].map((name) => h("th", { scope: "col" }, t(`bundle.exam.${name}`)));
  return h("div", { class: "stack" }, h("h2", { id: "attempts-title" }, t("bundle.exam.title")),
    attempts.length
      ? h("div", { class: "scroll", tabindex: 0, role: "region", "aria-labelledby": "attempts-title" }, h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...attempts.map(row))))
      : h("p", { class: "empty" }, t("bundle.exam.none")),
    h("p", { class: "hint" }, t("bundle.exam.links")));
}

function row(one: AttemptOf): HTMLElement {
  const name = one.room ? t("bundle.exam.room", { name: one.attempt }) : (one.name ?? one.attempt);
  const link = h("a", { href: one.page, "aria-label": t("bundle.exam.open_of", { name }) }, name);
  const stage = one.stage ?? "";
  return h("tr", {},
    h("th", { scope: "row" }, link, one.candidate ? h("span", { class: "muted" }, ` ${one.candidate}`) : null),
    h("td", {}, one.seat ?? ""),
    h("td", {}, has(`stage.${stage}`) ? t(`stage.${stage}`) : stage),
    h("td", {}, one.room ? "" : t("bundle.exam.undecided", { n: one.flags, open: one.open })),
    h("td", {}, one.gap_seconds === null ? "" : one.gap_seconds > 0 ? duration(one.gap_seconds) : t("bundle.exam.whole")));
}
