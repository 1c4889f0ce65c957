/** The exam-ready position: what the box sees of it now, what a person sees instead, and where the phone is (proctoring.md M32, M48, M53). */

import { button } from "../lib/button";
import { duration, now, time } from "../lib/clock";
import type { Plan, Posture, Seen, SeenNow, Sight } from "../lib/day";
import { arrange, h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Kind } from "../lib/types";
import type { Conduct } from "../wall/conduct";

const SIGN: Readonly<Record<Seen, string>> = { seen: "✓", not_seen: "✕", not_assessable: "?" };
/** What is not chosen is left for the candidate to say. */
const PHONES = ["visible", "second_camera", "none"] as const;

/** What any camera sees of it; "not seen" only where one could have. */
export function best(seen: Partial<Record<Kind, SeenNow>>, sight: Sight): Seen {
  const said = Object.values(seen).map((of) => of[sight]);
  if (said.includes("seen")) return "seen";
  return said.includes("not_seen") ? "not_seen" : "not_assessable";
}

interface Row {
  element: HTMLLIElement;
  box: HTMLInputElement;
  said: HTMLElement;
}

export class PositionPanel {
  private readonly spent = h("span", { class: "muted" });
  private readonly list = h("ul", { class: "plain-list sights-of" });
  private readonly phone = h("select", { id: "position-phone", class: "small" }, h("option", { value: "" }, t("board.position.phone_unsaid")), ...PHONES.map((place) => h("option", { value: place }, t(`board.phone_place.${place}`))));
  private readonly missing = h("p", { class: "hint", role: "status" });
  private readonly done: HTMLElement;
  private readonly result = h("p", {});
  private readonly form: HTMLElement;
  readonly element: HTMLElement;
  private readonly rows = new Map<Sight, Row>();
  private plan: Plan | null = null;
  private seen: Partial<Record<Kind, SeenNow>> = {};
  private open = false;
  private since = 0;
  private items = "";

  constructor(private readonly attempt: Attempt, private readonly conduct: Conduct, private readonly may: boolean) {
    this.done = button(t("board.position.good"), "C", () => { this.confirm(); }, "primary");
    this.form = h("div", { class: "stack tight" }, this.list, h("div", { class: "inline" }, h("label", { for: "position-phone" }, t("board.position.phone")), this.phone), this.missing, h("div", { class: "item-actions" }, this.done));
    this.element = h("section", { class: "look-position", hidden: true }, h("div", { class: "head" }, h("h3", {}, t("board.position.title")), this.spent), this.form, this.result);
  }

  /** `open`: the candidate takes position now. */
  update(plan: Plan, posture: Posture | null, open: boolean, since: number): void {
    this.plan = plan;
    if (open && !this.open) this.phone.value = posture?.phone ?? "";
    this.open = open;
    this.since = since;
    this.items = plan.items.join(", ");
    this.element.hidden = !open && posture === null;
    this.form.hidden = !open || !this.may;
    write(this.result, posture && !open ? said(posture) : "");
    this.result.hidden = open || !posture;
    this.draw();
  }

  /** Once a second, what each camera sees. */
  beat(seen: Partial<Record<Kind, SeenNow>>): void {
    this.seen = seen;
    if (this.open) this.draw();
  }

  /** -> was there a position to confirm? */
  confirm(): boolean {
    if (!this.open || !this.may) return false;
    const lacking = this.lacking();
    if (lacking.length) write(this.missing, t("board.position.missing", { what: lacking.map((sight) => t(`board.sight.${sight}`)).join(", ") }));
    else void this.conduct.position(this.attempt, [...this.rows].filter(([, row]) => row.box.checked).map(([sight]) => sight), this.phone.value);
    return true;
  }

  tick(): void {
    write(this.spent, this.open ? t("board.position.since", { duration: duration(now() - this.since) }) : "");
  }

  private lacking(): Sight[] {
    return (this.plan?.required ?? []).filter((sight) => best(this.seen, sight) !== "seen" && !this.rows.get(sight)?.box.checked);
  }

  private draw(): void {
    const required = this.plan?.required ?? [];
    arrange(this.list, required.map((sight) => {
      const row = this.rows.get(sight) ?? this.make(sight);
      const state = best(this.seen, sight);
      set(row.element, "data-seen", state);
      write(row.said, `${SIGN[state]} ${t(`board.seen.${state}`)}`);
      return row.element;
    }));
    const lacking = this.lacking();
    write(this.missing, lacking.length ? t("board.position.missing", { what: lacking.map((sight) => t(`board.sight.${sight}`)).join(", ") }) : t("board.position.all"));
    this.tick();
  }

  private make(sight: Sight): Row {
    const id = `sight-${sight}`;
    const box = h("input", { type: "checkbox", id, onchange: () => this.draw() });
    const words = sight === "workspace" && this.items ? t("board.sight.workspace_items", { items: this.items }) : t(`board.sight.${sight}`);
    const state = h("span", { class: "sight-said" });
    const row = { element: h("li", {}, h("span", { class: "sight-name" }, words), state, h("span", { class: "sight-tick" }, box, h("label", { for: id }, t("board.position.i_see")))), box, said: state };
    box.setAttribute("aria-label", t("board.position.i_see_it", { what: words }));
    this.rows.set(sight, row);
    return row;
  }
}

function said(posture: Posture): string {
  const sights = (Object.entries(posture.seen) as [Sight, Seen][]).map(([sight, seen]) => `${SIGN[posture.ticked.includes(sight) ? "seen" : seen]} ${t(`board.sight.${sight}`)}`).join(" · ");
  const phone = posture.phone ? ` · ${t("board.position.phone")}: ${t(`board.phone_place.${posture.phone}`)}` : "";
  return t("board.position.was", { time: time(posture.checked_at), what: sights }) + phone;
}
