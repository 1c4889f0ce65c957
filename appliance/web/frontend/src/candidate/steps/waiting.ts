import { countdown, duration, everySecond, now, shortTime } from "../../lib/clock";
import { arrange, h, set, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { Me } from "../../lib/types";
import type { MakeStep } from "../step";

/** Who waits for what; the page goes on by itself. */
export const waiting: MakeStep = (page, me) => {
  const seen = me.plan.feeds.length > 0;
  const said = h("p", {});
  const again = h("button", { type: "button", class: "small", onclick: () => page.showId(true) }, t("candidate.waiting.id_again"));
  const id = h("div", { class: "stack tight", role: "status" }, said, h("p", {}, again));
  const list = h("ul", { class: "waits", "aria-label": t("candidate.waiting.for") });
  const rows = new Map<string, HTMLElement>();
  const opens = h("p", { role: "timer" });
  const since = h("p", { class: "muted", role: "timer" });
  const element = h("div", { class: "stack" }, h("p", {}, t(seen ? "candidate.waiting.text" : "candidate.waiting.text_none")), list, id, opens, h("p", { class: "muted" }, t(seen ? "candidate.waiting.next" : "candidate.waiting.next_none")), since);
  let known = me;
  const count = (): void => {
    write(since, t("candidate.waiting.since", { duration: duration(now() - me.stage_at) }));
    const left = known.plan.opens_at - now();
    write(opens, left > 0 ? t("candidate.waiting.opens", { time: shortTime(known.plan.opens_at), left: countdown(left) }) : t("candidate.waiting.open"));
  };
  const update = (news: Me): void => {
    known = news;
    id.hidden = !known.identity.wanted;
    write(said, t(`candidate.waiting.id_${stateOf(known)}`));
    set(id, "class", known.identity.refused ? "problem mild" : "stack tight");
    again.hidden = known.identity.decided || known.identity.declined;
    arrange(list, waitsFor(known).map(({ what, done }) => row(rows, what, done)));
    count();
  };
  const stop = everySecond(count);
  update(me);
  return { element, update, leave: stop };
};

/** What has to happen before the candidate may go in, in the order in which it does. */
export function waitsFor({ identity, plan, checkin, phone }: Pick<Me, "identity" | "plan" | "checkin" | "phone">): { what: string; done: boolean }[] {
  const all = [
    { what: "id", here: identity.wanted, done: identity.decided },
    { what: "scan", here: plan.room_scan, done: checkin.scan.verdict === "clear" },
    { what: "second", here: plan.second === "required", done: phone?.state === "confirmed" },
    { what: "admission", here: true, done: false },
  ];
  return all.filter(({ here }) => here).map(({ what, done }) => ({ what, done }));
}

function row(rows: Map<string, HTMLElement>, what: string, done: boolean): HTMLElement {
  const item = rows.get(what) ?? h("li", {}, h("span", { class: "test-sign", "aria-hidden": "true" }), h("span", {}));
  rows.set(what, item);
  const how = done ? "done" : "open";
  set(item, "data-state", how);
  const [sign, text] = item.children;
  if (sign && text) {
    write(sign, done ? "✓" : "…");
    write(text, t(`candidate.waiting.${what}_${how}`));
  }
  return item;
}

function stateOf({ identity }: Me): "decided" | "refused" | "declined" | "shown" {
  if (identity.decided) return "decided";
  if (identity.refused) return "refused";
  return identity.declined ? "declined" : "shown";
}
