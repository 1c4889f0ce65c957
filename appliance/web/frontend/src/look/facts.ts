/** Facts about one candidate: where, since when, who looked, calls, what was announced, what had to be done again, gaps in the recording. */

import { time } from "../lib/clock";
import type { Checkin } from "../lib/day";
import { h } from "../lib/dom";
import { has, t } from "../lib/strings";
import type { Attempt } from "../lib/types";
import { dayOfAttempt, type State } from "../wall/store";
import { covered } from "./timeline";

const GAPS_IN_SIGHT = 4;

export class FactList {
  private readonly list = h("dl", { class: "facts" });
  readonly element = h("section", {}, h("h3", {}, t("look.facts")), this.list);
  private shown = "";

  draw(state: State, attempt: Attempt): void {
    const day = dayOfAttempt(state, attempt.attempt);
    const late = state.segments.filter((segment) => segment.late).length;
    const key = JSON.stringify([attempt.stage, attempt.proctor, attempt.seat, day.room, day.machine_seat, day.attention, day.checkin, day.announcements, [...state.gaps.values()], late, state.calls]);
    if (this.shown === key) return; // what is unfolded stays so
    this.shown = key;
    const { attention, checkin, announcements } = day;
    const rows: ([string, Node] | null)[] = [
      [t("look.stage"), h("span", {}, `${t(`stage.${attempt.stage}`)} ${t("look.since", { time: time(attempt.stage_at) })}`)],
      day.room ? [t("board.facts.room"), h("span", {}, day.room)] : null,
      day.machine_seat && day.machine_seat !== attempt.seat ? [t("seat_board.look"), h("span", {}, t("seat_board.look_other", { machine: day.machine_seat, seat: attempt.seat }))] : null,
      [t("look.proctor"), h("span", {}, attempt.proctor ?? t("look.nobody"))],
      attention.looked_at ? [t("board.facts.looked"), h("span", {}, t("board.facts.at_by", { time: time(attention.looked_at), by: attention.looked_by ?? "" }))] : null,
      attention.listened_at ? [t("board.facts.listened"), h("span", {}, t("board.facts.at_by", { time: time(attention.listened_at), by: attention.listened_by ?? "" }))] : null,
      checkin.returned.length ? [t("board.facts.again"), again(checkin)] : null,
      checkin.selftest ? [t("board.facts.selftest"), selftest(checkin.selftest.results)] : null,
      announcements.length ? [t("board.announce.label"), h("ul", { class: "plain-list" }, ...announcements.slice(-3).reverse().map((one) => h("li", {}, `${time(one.announced_at)} ${one.text}`, " ", h("span", { class: "muted" }, one.read_at === null ? t("board.announce.unread") : t("chat.seen")))))] : null,
      state.calls.length ? [t("look.calls"), calls(state)] : null,
      [t("look.gaps"), gaps(state)],
    ];
    this.list.replaceChildren(...rows.flatMap((row) => (row ? [h("dt", {}, row[0]), h("dd", {}, row[1])] : [])));
  }
}

function again(checkin: Checkin): Node {
  return h("ul", { class: "plain-list" }, ...checkin.returned.map((one) => h("li", {}, t("board.facts.returned", { stage: t(`stage.${one.stage}`), n: one.times, reason: one.reason }))));
}

const TEST_SIGN = { pass: "✓", warn: "◆", fail: "✕", not_required: "–", not_assessable: "?" } as const;

/** What is not well stands first, in words; the rest is a click away. */
function selftest(results: Record<string, { state: keyof typeof TEST_SIGN; value: unknown }>): Node {
  const line = ([name, { state, value }]: [string, { state: keyof typeof TEST_SIGN; value: unknown }]): HTMLElement => {
    const label = has(`candidate.test.${name}`) ? t(`candidate.test.${name}`) : name.replaceAll("_", " ");
    const key = `candidate.test.value.${name}`;
    const number = value !== null && value !== "" && value !== undefined && has(key) ? ` (${t(key, { value: String(value) })})` : "";
    return h("li", { "data-state": state }, `${TEST_SIGN[state] ?? "?"} ${label}: ${t(`candidate.test.state.${state}`)}${number}`);
  };
  const all = Object.entries(results);
  const bad = all.filter(([, { state }]) => state === "fail" || state === "warn");
  return h("div", {}, bad.length ? h("ul", { class: "plain-list selftest" }, ...bad.map(line)) : h("span", {}, t("board.facts.selftest_well")),
    h("details", {}, h("summary", {}, t("board.facts.selftest_all", { n: all.length })), h("ul", { class: "plain-list selftest" }, ...all.map(line))));
}

function calls(state: State): Node {
  return h("ul", { class: "plain-list" }, ...state.calls.map((call) => {
    const values = { from: time(call.started_at), to: call.ended_at === null ? "" : time(call.ended_at), name: call.by_name };
    return h("li", {}, t(call.ended_at === null ? "look.call_open" : "look.call_was", values));
  }));
}

/** The last ones in sight, the others a click away. */
function gaps(state: State): Node {
  const found = [...state.gaps.values()].sort((a, b) => b.starts_at - a.starts_at).map((gap) => {
    const values = { kind: t(`kind.${gap.kind}`), from: time(gap.starts_at), to: gap.ends_at === null ? "" : time(gap.ends_at), cause: t(`cause.${gap.cause}`) };
    if (gap.ends_at === null) return h("li", {}, t("look.gap_open", values));
    const late = state.segments.filter((segment) => segment.late && segment.kind === gap.kind);
    const filled = covered(gap.starts_at, gap.ends_at, late.map((segment) => ({ start: segment.starts_at, duration: segment.duration })));
    const lengths = { filled: filled.toFixed(1), seconds: (gap.ends_at - gap.starts_at).toFixed(1) };
    return h("li", {}, filled > 0 ? t("look.gap_filled", { ...values, ...lengths }) : t("look.gap", values));
  });
  if (!found.length) return h("span", {}, t("look.no_gaps"));
  const older = found.slice(GAPS_IN_SIGHT);
  return h("div", {}, h("ul", { class: "plain-list" }, ...found.slice(0, GAPS_IN_SIGHT)),
    older.length ? h("details", {}, h("summary", {}, t("look.gaps_more", { n: older.length })), h("ul", { class: "plain-list" }, ...older)) : null);
}
