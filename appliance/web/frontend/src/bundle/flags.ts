/** The flags of an attempt: what each was, its pictures, what a person made of it; a press plays it. */

import { time } from "../lib/clock";
import { h, set } from "../lib/dom";
import { has, t } from "../lib/strings";
import { flagSentence, severityOf, SIGN } from "../lib/words";
import type { Review } from "../review/types";
import type { SaidFlag } from "./boot";

export class Flags {
  readonly element: HTMLElement;
  private readonly items = new Map<string, HTMLElement>();

  constructor(said: readonly SaidFlag[], review: Review, play: (flag: string) => void) {
    const open = said.filter((one) => one.decision === "open").length;
    const rows = said.map((one) => {
      const item = this.item(one, review, play);
      this.items.set(one.flag, item);
      return item;
    });
    this.element = h("section", { class: "rv-panel", "aria-labelledby": "flags-title" },
      h("h2", { id: "flags-title" }, t("bundle.flags.title"), " ", said.length ? h("span", { class: "muted" }, t("bundle.flags.count", { n: said.length, open })) : null),
      said.length ? h("ol", { class: "rv-flags" }, ...rows) : h("p", { class: "muted" }, t("bundle.flags.none")));
  }

  select(flag: string | null): void {
    for (const [id, item] of this.items) set(item, "data-selected", id === flag);
    const item = flag === null ? undefined : this.items.get(flag);
    if (!item || item.parentElement === null) return;
    const box = this.element.closest(".rv-right");
    if (box && box.scrollHeight > box.clientHeight) item.scrollIntoView({ block: "nearest" }); // in one column the pictures stay in sight
  }

  private item(said: SaidFlag, review: Review, play: (flag: string) => void): HTMLElement {
    const flag = review.flags.find((one) => one.flag === said.flag)!;
    const severity = severityOf(flag);
    const title = flagSentence(flag);
    const at = time(flag.onset_at);
    const facts = [
      said.raised_by === null ? t("bundle.flags.by_software") : t("bundle.flags.by_person", { by: said.raised_by }),
      said.raised_by === null && said.ticks > 1 ? t("bundle.flags.looks", { true: said.true, assessable: said.assessable }) : "",
    ].filter(Boolean).join(" · ");
    const lines = [
      said.remark ? t("bundle.flags.remark", { text: said.remark }) : "",
      said.note ? t("bundle.flags.note", { text: said.note }) : "",
      ...(said.notes ?? []).map((one) => t("bundle.flags.noted", { by: one.by, time: time(Date.parse(one.noted_at) / 1000), text: one.text })),
    ].filter(Boolean);
    return h("li", { class: "rv-flag", "data-severity": severity, "data-state": said.decision, "data-flag": said.flag },
      h("button", { type: "button", class: "rv-flag-head", title: t("bundle.flags.play"), onclick: () => play(said.flag) },
        h("span", { "aria-hidden": "true" }, SIGN[severity]), h("span", { class: "rv-flag-title" }, h("span", { class: "hidden" }, `${t(`severity.${severity}`)}: `), title), h("time", {}, at), h("span", { class: `rv-state ${said.decision}` }, decided(said))),
      h("div", { class: "bd-flag-more" }, h("p", { class: "hint" }, facts), pictures(said, title), ...lines.map((line) => h("p", { class: "hint quote" }, line))));
  }
}

function pictures(said: SaidFlag, title: string): HTMLElement | null {
  if (!said.snapshots.length) return null;
  return h("ul", { class: "bd-pictures" }, ...said.snapshots.map(({ file, moment, at }) => {
    const name = has(`bundle.flags.${moment}`) ? t(`bundle.flags.${moment}`) : moment;
    if (file === null) return h("li", { class: "hint" }, t("bundle.flags.picture_gone", { moment: name }));
    const said = t("bundle.flags.picture", { moment: name, title, time: at === null ? "" : time(Date.parse(at) / 1000) });
    return h("li", {}, h("a", { href: file.split("/").map(encodeURIComponent).join("/") }, h("img", { src: file.split("/").map(encodeURIComponent).join("/"), alt: said, loading: "lazy" })), h("span", { class: "hint", "aria-hidden": "true" }, name));
  }));
}

function decided(said: SaidFlag): string {
  if (said.decision === "open" || !said.decided_at) return t("bundle.flags.open");
  const key = `${said.decision === "inconclusive" ? "doubt" : "dismissal"}.${said.reason}`;
  const values = { decision: t(`decision.${said.decision}`), by: said.decided_by ?? "", time: time(Date.parse(said.decided_at) / 1000) };
  return said.reason ? t("bundle.flags.because", { ...values, reason: has(key) ? t(key) : said.reason.replaceAll("_", " ") }) : t("bundle.flags.decided", values);
}
