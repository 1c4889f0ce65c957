/** The phone as a second camera, on the candidate's page: a code to scan, how long it is good, and what became of it. */

import { countdown, everySecond, now, synchronise } from "../lib/clock";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import { RECORDED, type Invitation, type Me } from "../lib/types";
import { action } from "./action";
import type { Session } from "./session";

const WINDOW = "popup,width=390,height=844";

export class PhonePanel {
  private readonly asked = h("p", { class: "note", role: "alert", hidden: true }, t("candidate.phone.asked"));
  private readonly state = h("p", { class: "feed-line", role: "status" });
  private readonly show = action(t("candidate.phone.offer"), () => this.invite(), "wide");
  private readonly picture = h("img", { class: "phone-code-picture", alt: t("candidate.phone.picture") });
  private readonly address = h("p", {});
  private readonly code = h("p", { class: "code phone-code-typed", tabindex: 0, "aria-label": t("phone.code") });
  private readonly left = h("p", { class: "muted", role: "timer" });
  private readonly window = h("button", { type: "button", class: "primary", onclick: () => void open(this.invitation?.link, "phone", WINDOW) }, t("candidate.phone.window"));
  private readonly here = h("div", { class: "stack tight" }, h("p", { class: "hint" }, t("candidate.phone.here")), this.window);
  private readonly shown = h("div", { class: "phone-code-card stack", hidden: true },
    h("p", {}, t("candidate.phone.scan")), this.picture, this.left, this.here, this.address, this.code,
    h("p", {}, h("button", { type: "button", class: "small", onclick: () => this.hide() }, t("candidate.phone.hide"))));
  readonly element = h("section", { class: "card stack phone-panel", "aria-labelledby": "phone-panel-title" },
    h("h2", { id: "phone-panel-title" }, t("candidate.phone.title")), this.asked, this.state, this.show.element, this.shown);
  private invitation: Invitation | null = null;

  constructor(private readonly session: Session) {
    everySecond(() => this.tick());
  }

  update(me: Me): void {
    const wanted = (me.plan.second !== "none" && me.plan.feeds.length > 0) || me.plan.pages; // the phone also photographs the pages of a paper exam
    this.element.hidden = !wanted || !RECORDED.includes(me.stage);
    if (this.element.hidden) return this.hide();
    const { phone } = me;
    const there = phone !== null && phone.state !== "refused";
    if (phone && phone.pairing === this.invitation?.pairing) this.hide(); // it was scanned
    const known = phone?.state ?? "none";
    write(this.state, t(`candidate.phone.state.${known}`));
    set(this.state, "data-line", phone?.state === "confirmed" ? "live" : phone?.state === "refused" ? "away" : null);
    this.request(me, there);
    this.tick();
  }

  /** A proctor asks for the phone: the code is shown by itself, once for each time. */
  private request(me: Me, there: boolean): void {
    const wish = me.messages.findLast((message) => message.kind === "phone");
    const open = wish !== undefined && !there && wish.sent_at > (me.phone?.state_at ?? 0);
    this.asked.hidden = !open;
    if (!open || sessionStorage.getItem("phone-asked") === wish.message) return;
    sessionStorage.setItem("phone-asked", wish.message);
    this.show.button.click();
    this.element.scrollIntoView({ block: "nearest" });
  }

  private async invite(): Promise<void> {
    const made = await this.session.invite();
    synchronise(made.now);
    this.invitation = made;
    this.picture.src = made.picture;
    this.here.hidden = !made.here;
    write(this.address, t("candidate.phone.type", { address: made.address }));
    write(this.code, made.code);
    this.tick();
  }

  private hide(): void {
    this.invitation = null;
    this.tick();
  }

  private tick(): void {
    const rest = (this.invitation?.expires_at ?? 0) - now();
    const old = this.invitation !== null && rest <= 0;
    this.shown.hidden = this.invitation === null;
    set(this.shown, "data-old", old);
    this.picture.hidden = this.address.hidden = this.code.hidden = old; // what is no use is not shown
    this.window.disabled = old;
    write(this.left, old ? t("candidate.phone.old") : t("candidate.phone.left", { time: countdown(rest) }));
    write(this.show.button, t(this.invitation ? "candidate.phone.anew" : "candidate.phone.offer"));
  }
}
