/** Raise a flag at the play position: from, to, what, how much it weighs, and why. Nothing that was written is lost. */

import { Problem } from "../lib/api";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import type { Kind } from "../lib/types";
import { flagTitle } from "../lib/words";
import { row } from "../wall/wire";
import type { Acts } from "./acts";
import { timeField, wallOf } from "./moments";
import type { Marks } from "./timeline";

/** What can be chosen, as `exam/flags.py` has it. */
export interface Choice {
  code: string;
  severity: "high" | "medium" | "low";
  channel: string;
}

interface Options {
  acts: Acts;
  choices: readonly Choice[];
  /** The feeds that there are. */
  kinds: readonly Kind[];
  wall: number;
  marks: Marks;
  raised(flag: string): void;
}

export const OWN = "manual_flag";

export function raiseDialog({ acts, choices, kinds, wall, marks, raised }: Options): void {
  const starts = timeField("raise-from", marks.in ?? wall);
  const ends = timeField("raise-to", marks.out);
  const weight = h("select", { id: "raise-severity" }, ...(["low", "medium", "high"] as const).map((one) => h("option", { value: one, selected: one === "medium" }, t(`severity.${one}`))));
  const what = codeField(choices);
  what.addEventListener("change", () => { weight.value = choices.find((one) => one.code === what.value)?.severity ?? "medium"; });
  const where = h("select", { id: "raise-kind" }, ...kinds.map((kind) => h("option", { value: kind }, t(`kind.${kind}`))));
  const note = h("textarea", { id: "raise-note", rows: 3 });
  acts.wire.ask({
    title: t("reviewing.raise.title"),
    body: [
      h("p", { class: "muted" }, t("reviewing.raise.text")),
      h("div", { class: "rv-two" }, row(t("reviewing.raise.from"), starts), row(t("reviewing.raise.to"), ends, t("reviewing.raise.to_hint"))),
      row(t("reviewing.raise.what"), what),
      h("div", { class: "rv-two" }, row(t("reviewing.raise.severity"), weight), kinds.length > 1 ? row(t("reviewing.raise.kind"), where) : h("span", {})), row(t("look.note"), note),
    ],
    go: t("look.raise"),
    first: note,
    run: async () => {
      const from = exactly(starts.value, marks.in ?? wall);
      const to = ends.value ? exactly(ends.value, marks.out ?? from ?? wall) : null;
      if (from === null) throw new Problem(400, t("reviewing.raise.no_time"), t("reviewing.raise.no_time_hint"));
      raised(await acts.raise({ starts_at: from, ends_at: to, code: what.value, severity: weight.value, kind: where.value || "webcam", note: note.value.trim() }));
      return t("reviewing.done.raised");
    },
  });
}

/** The field knows whole seconds; where nobody changed it, the moment itself counts. */
function exactly(said: string, moment: number): number | null {
  const typed = wallOf(said, moment);
  return typed !== null && Math.abs(typed - moment) < 1 ? moment : typed;
}

/** Every kind of flag in words, by what sees it; one's own first. */
function codeField(choices: readonly Choice[]): HTMLSelectElement {
  const groups = new Map<string, Choice[]>();
  for (const one of choices) if (one.code !== OWN) groups.set(one.channel, [...(groups.get(one.channel) ?? []), one]);
  return h("select", { id: "raise-code" }, h("option", { value: OWN }, t("reviewing.raise.own")), ...[...groups].map(([channel, list]) =>
    h("optgroup", { label: t(`channel.${channel}`) }, ...[...list].sort((a, b) => flagTitle(a).localeCompare(flagTitle(b))).map((one) => h("option", { value: one.code }, flagTitle(one))))));
}
