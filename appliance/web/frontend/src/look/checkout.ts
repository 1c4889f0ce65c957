/** The proctor's part of a check-out: the pages to look at, the count, the ticks, and the release. */

import { perform } from "../candidate/action";
import { post } from "../lib/api";
import { missingOf, needsOf, pagesOf, uploaded, type Need } from "../lib/checkout";
import { time } from "../lib/clock";
import type { Checkout, PaperPage, Plan } from "../lib/day";
import { h, set, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Attempt, Boot } from "../lib/types";

/** What it draws: the stage, the exam's plan, and what is there. */
interface Shown {
  stage: Attempt["stage"];
  plan: Pick<Plan, "check_out" | "pages" | "scratch">;
  checkout: Checkout;
}

const TICKS = ["submitted", "scratch"] as const;

export class CheckoutPanel {
  private readonly missing = h("p", { class: "checkout-missing", role: "status" });
  private readonly pages = h("ol", { class: "sheet-list" });
  private readonly paper = h("p", {});
  private readonly field = h("input", { id: "checkout-count", type: "number", inputmode: "numeric", min: 1, max: 200, required: true });
  private readonly counted = h("span", { class: "hint" });
  private readonly count: HTMLFormElement;
  private readonly ticks: Record<(typeof TICKS)[number], HTMLElement>;
  private readonly release = h("button", { type: "button", class: "primary small" }, t("look.checkout.release"));
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  readonly element: HTMLElement;
  private drawn = "";
  private counting = Promise.resolve();
  private shown: Shown | null = null;

  constructor(private readonly attempt: Pick<Attempt, "attempt" | "seat">, private readonly boot: Boot) {
    const go = h("button", { class: "small" }, t("look.checkout.count_go"));
    this.count = h("form", { class: "checkout-count" }, h("label", { for: "checkout-count" }, t("look.checkout.count")), this.field, go, this.counted);
    this.count.addEventListener("submit", (event) => {
      event.preventDefault();
      const pages = this.field.valueAsNumber; // said again at once, it counts again
      this.counting = this.counting.then(() => this.do(go, "pages/count", { pages }));
    });
    this.release.addEventListener("click", () => void this.do(this.release, "checkout/release"));
    this.ticks = { submitted: this.tick("submitted"), scratch: this.tick("scratch") };
    this.element = h("section", { class: "checkout-panel stack tight", hidden: true, "aria-labelledby": "checkout-title" },
      h("h3", { id: "checkout-title" }, t("look.checkout.title")), this.missing, this.paper, this.pages, this.count,
      ...TICKS.map((tick) => this.ticks[tick]), this.wrong, h("p", {}, this.release));
  }

  /** Shown from the check-out on, as long as there is anything to see. */
  update(shown: Shown): void {
    this.shown = shown;
    const { stage, plan, checkout } = shown;
    const now = stage === "check_out";
    const something = checkout.pages.length > 0 || checkout.paper !== null || checkout.ticks.length > 0;
    this.element.hidden = !now && !(stage === "submitted" && something);
    if (this.element.hidden) return;
    const decides = now && this.boot.may.check_out;
    const missing = missingOf(plan, checkout);
    this.drawMissing(missing, now);
    this.drawPaper(checkout);
    this.drawPages(checkout, decides);
    this.drawCount(plan, checkout, decides);
    for (const tick of TICKS) this.drawTick(tick, shown, decides);
    this.release.hidden = !decides || missing.length > 0;
  }

  /** Let the candidate go, if nothing is missing; else go to what is missing first. */
  letGo(): void {
    if (!this.release.hidden) return this.release.click();
    this.element.querySelector<HTMLElement>("button:not([hidden]), input")?.focus();
  }

  private drawMissing(missing: Need[], now: boolean): void {
    this.missing.hidden = !now;
    set(this.missing, "data-state", missing.length ? "open" : "done");
    const words = missing.map((need) => t(`look.checkout.need_${need}`));
    write(this.missing, words.length ? t("look.checkout.missing", { what: words.join(" · ") }) : t("look.checkout.complete"));
  }

  private drawPaper(checkout: Checkout): void {
    const pages = pagesOf(checkout);
    const at = uploaded(checkout) ? (checkout.paper?.uploaded_at ?? 0) : 0;
    this.paper.hidden = pages === 0;
    const key = `${pages}/${at}`;
    if (pages === 0 || this.paper.dataset["key"] === key) return;
    this.paper.dataset["key"] = key;
    const link = h("a", { href: `/api/attempts/${this.attempt.attempt}/paper`, target: "_blank", rel: "noopener" }, t("look.checkout.paper"));
    this.paper.replaceChildren(link, h("span", { class: "hint" }, ` ${at ? plural("look.checkout.pdf", pages, { time: time(at) }) : plural("look.checkout.photos", pages)}`));
  }

  private drawPages(checkout: Checkout, decides: boolean): void {
    const there = uploaded(checkout) ? [] : checkout.pages;
    const key = JSON.stringify([there, decides]);
    if (key === this.drawn) return; // a picture that is looked at stays
    this.drawn = key;
    const focused = document.activeElement?.getAttribute("data-page");
    this.pages.hidden = there.length === 0;
    this.pages.replaceChildren(...there.map((page) => this.page(page, decides)));
    if (focused) this.pages.querySelector<HTMLElement>(`[data-page="${focused}"]`)?.focus();
  }

  private page(page: PaperPage, decides: boolean): HTMLElement {
    const state = page.readable ? "readable" : page.accepted_by === null ? "unreadable" : "accepted";
    const address = `/api/attempts/${this.attempt.attempt}/pages/${page.page}`;
    const accept = h("button", { type: "button", class: "small", "data-page": page.page, "aria-label": t("look.checkout.accept_page", { number: page.number }) }, t("look.checkout.accept"));
    accept.addEventListener("click", () => void this.do(accept, `pages/${page.page}/accept`));
    return h("li", { class: "sheet-item", "data-state": state },
      h("a", { href: address, target: "_blank", rel: "noopener", "data-page": `look-${page.page}` }, h("img", { src: address, loading: "lazy", alt: t("look.checkout.page", { number: page.number }) })),
      h("p", {}, h("strong", {}, page.number.toString()), ` ${t(`look.checkout.${state}`)}`),
      state === "unreadable" && decides ? accept : null);
  }

  private drawCount(plan: Shown["plan"], checkout: Checkout, decides: boolean): void {
    const counted = checkout.paper?.counted ?? null;
    const here = pagesOf(checkout);
    this.count.hidden = !needsOf(plan).includes("count");
    for (const part of [...this.count.children]) if (part !== this.counted) set(part, "hidden", !decides);
    write(this.counted, counted === null ? plural("look.checkout.here", here) : plural(counted === here ? "look.checkout.counted" : "look.checkout.counted_else", counted, { here }));
    set(this.counted, "data-state", counted === here ? "done" : "open");
  }

  private tick(tick: (typeof TICKS)[number]): HTMLElement {
    const go = h("button", { type: "button", class: "small" }, t(`look.checkout.${tick}`));
    go.addEventListener("click", () => void this.do(go, "checkout/tick", { tick }));
    return h("div", { class: "checkout-tick" }, go, h("span", {}));
  }

  private drawTick(tick: (typeof TICKS)[number], { plan, checkout }: Shown, decides: boolean): void {
    const done = checkout.ticks.find((one) => one.tick === tick);
    const line = this.ticks[tick];
    const [go, said] = [...line.children] as [HTMLElement, HTMLElement];
    go.hidden = done !== undefined || !decides;
    said.hidden = done === undefined;
    line.hidden = !needsOf(plan).includes(tick) || (go.hidden && said.hidden);
    write(said, done ? t(`look.checkout.${tick}_done`, { time: time(done.ticked_at) }) : "");
  }

  private async do(button: HTMLButtonElement, path: string, body: unknown = {}): Promise<void> {
    await perform(button, this.wrong, () => post(`/api/attempts/${this.attempt.attempt}/${path}`, body));
    if (button.isConnected && this.shown) this.update(this.shown);
  }
}
