/** The phone of one candidate, as staff see it: one that waits is confirmed or refused, one that is in can be removed. */

import { shortTime } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Attempt, Boot, StaffPhone } from "../lib/types";
import { browserOf } from "../lib/words";
import type { Acts } from "../wall/acts";

export class PhoneLine {
  /** Asks the candidate for the phone; among the other things that can be done. */
  readonly button: HTMLButtonElement;
  readonly element: HTMLElement;
  private readonly said = h("p", {});
  private readonly confirm: HTMLButtonElement;
  private readonly refuse: HTMLButtonElement;
  private phone: StaffPhone | null = null;
  private open = false;

  constructor(private readonly attempt: Attempt, private readonly boot: Boot, private readonly acts: Acts) {
    const button = (label: string, run: () => void, kind = "small"): HTMLButtonElement => h("button", { type: "button", class: kind, onclick: run }, label);
    this.button = button(t("look.phone.ask"), () => void acts.askForPhone(attempt));
    this.confirm = button(t("look.phone.confirm"), () => this.letIn(), "small primary");
    this.refuse = button(t("look.phone.refuse"), () => { if (this.phone) acts.refusePhone(this.phone, attempt); });
    this.element = h("section", { class: "look-phone", "aria-label": t("look.phone.label"), hidden: true }, this.said, h("div", { class: "item-actions" }, this.confirm, this.refuse));
  }

  /** Confirm the one that waits; nothing where none does. */
  letIn(): void {
    if (this.phone?.state === "scanned" && this.may) void this.acts.confirmPhone(this.phone, this.attempt);
  }

  /** The one that waits is spoken of first. `open`: something can be done now. */
  update(phones: readonly StaffPhone[], open: boolean): void {
    this.open = open;
    this.phone = phones.find((phone) => phone.state === "scanned") ?? phones[0] ?? null;
    const { phone } = this;
    this.button.hidden = !open || !this.boot.may.message || phone !== null;
    this.element.hidden = !open || phone === null;
    if (!phone) return;
    const waits = phone.state === "scanned";
    const values = { seat: this.attempt.seat, browser: browserOf(phone.browser), time: shortTime(phone.state_at) };
    write(this.said, t(waits ? "look.phone.waits" : "look.phone.in", values));
    set(this.element, "data-waits", waits);
    this.confirm.hidden = !waits || !this.may;
    this.refuse.hidden = !this.may;
    write(this.refuse, t(waits ? "look.phone.refuse" : "look.phone.remove"));
  }

  private get may(): boolean {
    return this.open && this.boot.may.confirm_phone;
  }
}
