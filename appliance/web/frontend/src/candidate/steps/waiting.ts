import { duration, now } from "../../lib/clock";
import { h, set, write } from "../../lib/dom";
import { t } from "../../lib/strings";
import type { Me } from "../../lib/types";
import type { MakeStep } from "../step";

/** The proctor admits; the page goes on by itself. */
export const waiting: MakeStep = (page, me) => {
  const said = h("p", {});
  const again = h("button", { type: "button", class: "small", onclick: () => page.showId(true) }, t("candidate.waiting.id_again"));
  const id = h("div", { class: "stack tight", role: "status" }, said, h("p", {}, again));
  const since = h("p", { class: "muted", role: "timer" });
  const element = h(
    "div",
    { class: "stack" },
    h("p", {}, t("candidate.waiting.text")),
    id,
    h("p", { class: "muted" }, t("candidate.waiting.next")),
    since,
  );
  const count = (): void => write(since, t("candidate.waiting.since", { duration: duration(now() - me.stage_at) }));
  const timer = setInterval(count, 1000);
  count();
  const update = (known: Me): void => {
    id.hidden = !known.identity.wanted;
    write(said, t(`candidate.waiting.id_${stateOf(known)}`));
    set(id, "class", known.identity.refused ? "problem mild" : "stack tight");
    again.hidden = known.identity.decided || known.identity.declined;
  };
  update(me);
  return { element, update, leave: () => clearInterval(timer) };
};

function stateOf({ identity }: Me): "decided" | "refused" | "declined" | "shown" {
  if (identity.decided) return "decided";
  if (identity.refused) return "refused";
  return identity.declined ? "declined" : "shown";
}
