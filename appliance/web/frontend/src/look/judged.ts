/** What could be judged of one candidate: why there is no flag is as much worth knowing as why there is one. */

import { get } from "../lib/api";
import { duration, time } from "../lib/clock";
import { h, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Judged, Kind } from "../lib/types";
import { flagTitle } from "../lib/words";

const EVERY_MS = 5000;
const SPANS_IN_SIGHT = 5;
/** Below, silence says little. */
const LITTLE = 0.5;

interface Row {
  code: string;
  kind: Kind;
  judged: number;
  all: number;
}

/** What was looked at; what could be judged least comes first. */
export function rows(said: Pick<Judged, "ticks">): Row[] {
  const found = (Object.entries(said.ticks) as [Kind, Record<string, [number, number]>][]).flatMap(([kind, codes]) =>
    Object.entries(codes).map(([code, [judged, all]]): Row => ({ code, kind, judged, all })));
  return found.filter((row) => row.all > 0).sort((a, b) => a.judged / a.all - b.judged / b.all || a.code.localeCompare(b.code));
}

/** Rules that should have looked, and have not. */
export function unlooked(said: Pick<Judged, "ticks" | "on">): string[] {
  const looked = new Set(rows(said).map((row) => row.code));
  return said.on.filter((code) => !looked.has(code));
}

export class JudgedPanel {
  private readonly summary = h("summary", {}, t("look.judged.title"));
  private readonly said = h("p", {});
  private readonly body = h("div", { class: "stack tight" });
  private readonly details = h("details", {}, this.summary, this.body);
  readonly element = h("section", { class: "look-judged" }, h("h3", {}, t("look.judged.title")), this.said, this.details);
  private timer = 0;
  private key = "";

  constructor(private readonly attempt: string) {
    write(this.summary, t("look.judged.each"));
    void this.next();
  }

  close(): void {
    clearTimeout(this.timer);
    this.timer = -1;
  }

  private async next(): Promise<void> {
    try {
      if (!document.hidden) this.draw(await get<Judged>(`/api/attempts/${this.attempt}/judged`));
    } catch (error) {
      console.info("not known what could be judged", error); // it is asked again
    }
    if (this.timer !== -1) this.timer = window.setTimeout(() => void this.next(), EVERY_MS);
  }

  private draw(said: Judged): void {
    const key = JSON.stringify(said);
    if (key === this.key || this.timer === -1) return;
    this.key = key;
    const looked = rows(said);
    const little = looked.filter((row) => row.judged / row.all < LITTLE);
    write(this.said, looked.length === 0 ? t("look.judged.nothing") : little.length ? plural("look.judged.little", little.length, { of: looked.length }) : t("look.judged.well", { of: looked.length }));
    this.body.replaceChildren(table(looked), ...rest(said), off(said), ...muted(said), spans(said), bases(said));
  }
}

function table(all: Row[]): HTMLElement {
  return h("table", { class: "judged", hidden: all.length === 0 },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("look.judged.rule")), h("th", { scope: "col" }, t("look.judged.share")))),
    h("tbody", {}, ...all.map((row) => h("tr", {}, h("th", { scope: "row" }, row.kind !== "webcam" ? `${flagTitle(row)} · ${t(`kind.${row.kind}`)}` : flagTitle(row)), h("td", {}, share(row))))));
}

function share({ judged, all }: Row): HTMLElement {
  const percent = Math.floor((100 * judged) / all);
  const bar = h("span", { class: "judged-bar", "aria-hidden": "true" }, h("span", {}));
  (bar.firstElementChild as HTMLElement).style.inlineSize = `${percent}%`;
  return h("span", { class: "judged-share" }, bar, h("span", {}, t("look.judged.of", { percent, judged, all })));
}

function rest(said: Judged): HTMLElement[] {
  const codes = unlooked(said);
  return codes.length ? [h("p", {}, t("look.judged.no_look", { rules: names(codes) }))] : [];
}

function names(codes: readonly string[]): string {
  return codes.map((code) => flagTitle({ code })).join(", ");
}

/** What a lead muted at this seat: by whom and why. */
function muted(said: Judged): HTMLElement[] {
  return (said.muted ?? []).map((one) => h("p", {}, t("seats.muted_here", { flag: flagTitle(one), name: one.by_name, time: time(one.muted_at), reason: one.reason })));
}

/** Never why. */
function off(said: Judged): HTMLElement {
  return h("p", {}, said.off.length ? t("look.judged.off", { rules: names(said.off) }) : t("look.judged.all_on"));
}

function spans(said: Judged): HTMLElement {
  if (!said.missed.length) return h("p", {}, t("look.judged.no_spans"));
  const seconds = said.missed.reduce((sum, span) => sum + span.ends_at - span.starts_at, 0);
  const newest = [...said.missed].sort((a, b) => b.starts_at - a.starts_at).slice(0, SPANS_IN_SIGHT);
  return h("div", {}, h("p", {}, plural("look.judged.spans", said.missed.length, { duration: duration(seconds) })),
    h("ul", { class: "plain-list muted" }, ...newest.map((span) => h("li", {}, t("look.judged.span", { kind: t(`kind.${span.kind}`), from: time(span.starts_at), to: time(span.ends_at), cause: t(`missed.${span.cause}`) })))));
}

function bases(said: Judged): HTMLElement {
  if (!said.baselines.length) return h("p", {}, t("look.judged.no_base"));
  return h("div", {}, ...said.baselines.map((one) => h("p", {}, t(one.late ? "look.judged.base_late" : "look.judged.base", { kind: t(`kind.${one.kind}`), time: time(one.taken_at) }))));
}
