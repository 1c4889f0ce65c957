/** Photographing the pages of a paper exam with the phone, at check-out. */

import { Pages } from "../candidate/pages";
import { takerOf } from "../candidate/page_photo";
import { h } from "../lib/dom";
import { t } from "../lib/strings";
import type { PhoneState } from "../lib/types";
import type { Camera } from "./camera";

export class Sheets {
  private readonly pages: Pages;
  readonly element: HTMLElement;

  constructor(camera: Camera, changed: () => Promise<void>) {
    this.pages = new Pages({ door: "/phone", own: false, shoot: () => takerOf(camera.stream), changed });
    this.element = h("section", { class: "card stack", hidden: true, "aria-labelledby": "sheets-title" }, h("h2", { id: "sheets-title" }, t("phone.pages.title")), h("p", {}, t("phone.pages.text")), this.pages.element, h("p", { class: "hint" }, t("phone.pages.next")));
    camera.addEventListener("change", () => this.pages.draw());
  }

  update(said: PhoneState | null): void {
    const checkout = said?.checkout ?? null;
    this.element.hidden = !checkout?.needs.includes("paper");
    if (checkout) this.pages.update(checkout);
  }
}
