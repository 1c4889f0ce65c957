/** Why a flag is there: what was counted, what was in force, what the judge saw, and what often turns out to be behind it. */

import { time } from "../lib/clock";
import { h } from "../lib/dom";
import { has, t } from "../lib/strings";
import type { Flag } from "../lib/types";

type Fact = [label: string, value: string];

/** Of what is said by name, the parts that are no news to a person. */
const SILENT = new Set(["severity"]);

/** Beside `numbers` (how often, how strong): what was in force, how well could it be seen, what was it. */
export function facts(flag: Flag): Fact[] {
  const { assessable, ticks, threshold, numbers = {}, light, why = {} } = flag.facts;
  const counted = flag.source === "inference" && ticks > 1; // what happens once is not counted
  return [
    ...(counted && threshold !== undefined ? [fact("threshold", short(threshold))] : []),
    ...(numbers["seconds"] ? [fact("seconds", t("duration.seconds", { n: short(numbers["seconds"]) }))] : []),
    ...(counted && numbers["share"] ? [fact("share", percent(numbers["share"]))] : []),
    ...((numbers["hits"] ?? 0) > 1 ? [fact("hits", short(numbers["hits"] ?? 0))] : []),
    ...(counted ? [fact("judged", t("why.judged_of", { assessable, ticks, percent: percent(assessable / ticks) }))] : []),
    ...(typeof light === "number" ? [fact("light", t("why.light_of", { light: Math.round(light) }))] : []),
    ...Object.entries(why).filter(([name]) => !SILENT.has(name)).map(([name, value]): Fact => [saidName(name), valueOf(name, value)]),
  ];
}

/** Every number of the rule in force, by its full name. */
export function ruleNumbers(flag: Flag): Fact[] {
  const { threshold, numbers = {} } = flag.facts;
  if (!Object.keys(numbers).length) return [];
  return Object.entries({ ...(threshold === undefined ? {} : { threshold }), ...numbers }).map(([name, value]) => [numberName(flag.code, name), short(value)]);
}

export function innocent(flag: Pick<Flag, "code">): string {
  const key = `flag.${flag.code}.innocent`;
  return has(key) ? t("look.innocent", { causes: t(key) }) : "";
}

export function strip(list: Fact[]): HTMLElement {
  return h("dl", { class: "why", hidden: list.length === 0 }, ...list.map(([label, value]) => h("div", {}, h("dt", {}, label), h("dd", {}, value))));
}

function fact(name: string, value: string): Fact {
  return [t(`why.fact.${name}`), value];
}

function measured(form: string, value: number): string {
  return has(form) ? t(form, { n: short(value) }) : short(value);
}

/** A name without words of its own is shown as it is: one odd word is better than a fact that is left out. */
function saidName(name: string): string {
  return has(`why.said.${name}`) ? t(`why.said.${name}`) : name.replaceAll("_", " ");
}

/** A flag may name its numbers more plainly than all do. */
function numberName(code: string, name: string): string {
  const key = [`flag.${code}.${name}`, `rule.${name}`].find(has);
  return key ? t(key) : name.replaceAll("_", " ");
}

function valueOf(name: string, value: unknown): string {
  if (typeof value === "number") return name.endsWith("_at") ? time(value) : measured(`why.form.${name}`, value);
  if (Array.isArray(value)) return value.map((one) => valueOf(name, one)).join(", ");
  const plain = String(value);
  return has(`why.value.${plain}`) ? t(`why.value.${plain}`) : plain;
}

function percent(share: number): string {
  return t("why.percent", { n: Math.round(share * 100) });
}

/** At most three digits after the point, and no empty ones: 0.363, 0.8, 25. */
function short(value: number): string {
  return String(Math.round(value * 1000) / 1000);
}
