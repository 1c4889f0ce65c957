import { post, request } from "../../lib/api";
import type { MyCheckout, Need } from "../../lib/checkout";
import { shortTime } from "../../lib/clock";
import { h, set, write } from "../../lib/dom";
import { plural, t } from "../../lib/strings";
import type { Me } from "../../lib/types";
import { action, perform } from "../action";
import { Pages } from "../pages";
import type { MakeStep, Page, Step } from "../step";
import { take } from "../take";

const UPLOAD_MS = 180_000;
const TICKS = ["submitted", "scratch"] as const;

/** Handed in: the pages, what is to be said or destroyed, and the way out. Recording goes on until it is over. */
export const checkOut: MakeStep = (page, me) => new CheckOut(page, me);

class CheckOut implements Step {
  private readonly pages: Pages;
  private readonly paper: Paper;
  private readonly camera: HeldUp;
  private readonly ticks: Record<(typeof TICKS)[number], Ticking>;
  private readonly count: Count;
  private readonly work: HTMLElement;
  private readonly missing = h("ul", { class: "missing" });
  private readonly still = h("div", { class: "note stack tight", role: "status" });
  private readonly finish = action(t("candidate.check_out.finish"), () => this.tell("release"));
  private readonly waits = h("p", {}, t("candidate.check_out.proctor"));
  readonly element: HTMLElement;

  constructor(private readonly page: Page, me: Me) {
    const changed = (): Promise<void> => page.session.refresh();
    this.camera = new HeldUp(page);
    this.pages = new Pages({ door: "/api/me", own: true, shoot: () => this.camera.shoot(), changed });
    this.paper = new Paper(changed);
    this.count = new Count((pages) => this.tell("pages/count", { pages }));
    this.ticks = { submitted: new Ticking("submitted", (tick) => this.tell("tick", { tick })), scratch: new Ticking("scratch", (tick) => this.tell("tick", { tick })) };
    this.work = h("section", { class: "stack", "aria-labelledby": "pages-title" }, h("h2", { id: "pages-title" }, t("candidate.pages.title")), h("p", {}, t("candidate.pages.intro")), h("p", { class: "hint" }, t("candidate.pages.phone")), this.camera.element, this.pages.element, this.paper.element, this.count.element);
    this.element = h("div", { class: "stack" }, h("p", {}, t("candidate.check_out.intro")), this.work,
      ...TICKS.map((tick) => this.ticks[tick].element), this.still, this.finish.element, this.waits);
    this.update(me);
  }

  update({ checkout }: Me): void {
    if (!checkout) return;
    const own = checkout.by === "candidate";
    this.work.hidden = !checkout.needs.includes("paper");
    this.camera.update();
    this.pages.update(checkout);
    this.paper.update(checkout);
    this.count.update(checkout);
    for (const tick of TICKS) this.ticks[tick].update(checkout);
    this.drawMissing(checkout);
    this.finish.element.hidden = !own || checkout.missing.length > 0;
    this.waits.hidden = own;
  }

  leave(): void {
    this.camera.leave();
  }

  private drawMissing({ missing, by }: MyCheckout): void {
    const key = missing.join();
    if (this.still.dataset["key"] === key) return; // it is read out when it changes
    this.still.dataset["key"] = key;
    this.missing.replaceChildren(...missing.map((need) => h("li", {}, sentence(need, by))));
    this.still.replaceChildren(h("p", { class: "label" }, t(missing.length ? "candidate.check_out.missing" : "candidate.check_out.complete")), ...(missing.length ? [this.missing] : []));
  }

  private async tell(path: string, body: unknown = {}): Promise<void> {
    await post(`/api/me/${path}`, body);
    await this.page.session.refresh();
  }
}

function sentence(need: Need, by: MyCheckout["by"]): string {
  const whose = by === "proctor" && ["submitted", "count", "scratch"].includes(need) ? "_proctor" : "";
  return t(`candidate.check_out.need_${need}${whose}`);
}

/** "I have done this", or who says so. */
class Ticking {
  private readonly done = h("p", { class: "feed-line", "data-line": "live" });
  private readonly go;
  private readonly text: HTMLElement;
  readonly element: HTMLElement;

  constructor(private readonly tick: (typeof TICKS)[number], say: (tick: string) => Promise<void>) {
    this.text = h("p", {}, t(`candidate.check_out.${tick}_text`));
    this.go = action(t(`candidate.check_out.${tick}_go`), () => say(tick), "wide");
    write(this.done, t(`candidate.check_out.${tick}_done`));
    this.element = h("section", { class: "stack tight", "aria-labelledby": `tick-${tick}` }, h("h2", { id: `tick-${tick}` }, t(`candidate.check_out.${tick}_title`)), this.text, this.go.element, this.done);
  }

  update({ needs, ticks, by }: MyCheckout): void {
    const done = ticks.includes(this.tick);
    this.element.hidden = !needs.includes(this.tick);
    this.text.hidden = done;
    this.go.element.hidden = done || by !== "candidate";
    this.done.hidden = !done;
  }
}

/** How many pages there are, where the candidate says so. */
class Count {
  private readonly field = h("input", { id: "page-count", type: "number", inputmode: "numeric", min: 1, max: 200, required: true });
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly form: HTMLFormElement;
  private readonly said = h("p", { class: "feed-line" });
  readonly element: HTMLElement;

  constructor(say: (pages: number) => Promise<void>) {
    const go = h("button", { class: "small" }, t("candidate.pages.count_go"));
    this.form = h("form", { class: "row" }, h("label", { for: "page-count" }, t("candidate.pages.count")), h("div", { class: "inline" }, this.field, go), this.wrong);
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void perform(go, this.wrong, () => say(this.field.valueAsNumber));
    });
    this.element = h("div", { class: "stack tight" }, this.form, this.said);
  }

  update({ by, counted, pages, paper }: MyCheckout): void {
    const here = paper?.pages ?? pages.length;
    this.form.hidden = by !== "candidate";
    this.said.hidden = counted === null;
    set(this.said, "data-line", counted === here ? "live" : "again");
    write(this.said, counted === null ? "" : plural(counted === here ? "candidate.pages.counted" : "candidate.pages.counted_else", counted, { here }));
  }
}

/** One PDF instead of photos. */
class Paper {
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly said = h("p", { class: "feed-line", "data-line": "live", role: "status" });
  private readonly go = h("button", { type: "button", class: "wide" }, t("candidate.pages.pdf_go"));
  private readonly file = h("input", { type: "file", accept: "application/pdf", hidden: true, "data-paper": true });
  readonly element = h("div", { class: "stack tight" }, this.said,
    h("details", { class: "other-way" }, h("summary", {}, t("candidate.pages.pdf")), h("div", { class: "stack tight" }, h("p", { class: "hint" }, t("candidate.pages.pdf_hint")), this.go, this.wrong, this.file)));

  constructor(private readonly changed: () => Promise<void>) {
    this.go.addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => void perform(this.go, this.wrong, () => this.send()));
  }

  update({ paper }: MyCheckout): void {
    this.said.hidden = paper === null;
    write(this.said, paper ? plural("candidate.pages.pdf_here", paper.pages, { time: shortTime(paper.uploaded_at) }) : "");
  }

  private async send(): Promise<void> {
    const file = this.file.files?.[0];
    this.file.value = "";
    if (!file) return;
    await request("/api/me/paper", { method: "POST", body: file, headers: { "Content-Type": "application/pdf" }, signal: AbortSignal.timeout(UPLOAD_MS) });
    await this.changed();
  }
}

/** The page held into this computer's camera: not as sharp as a phone, and there when nothing else is. */
class HeldUp {
  private readonly video = h("video", { class: "preview", "aria-label": t("candidate.equipment.preview"), playsinline: true, autoplay: true });
  readonly element = h("details", { class: "other-way" }, h("summary", {}, t("candidate.pages.camera")), h("div", { class: "stack tight" }, h("p", { class: "hint" }, t("candidate.pages.camera_hint")), this.video));

  constructor(private readonly page: Page) {
    this.video.muted = true;
    this.element.addEventListener("toggle", () => {
      this.update();
      this.page.session.dispatchEvent(new Event("change"));
    });
  }

  update(): void {
    const stream = this.page.equipment.streams.webcam ?? null;
    this.element.hidden = stream === null;
    const wanted = this.element.open ? stream : null;
    if (this.video.srcObject !== wanted) this.video.srcObject = wanted;
  }

  shoot(): (() => Promise<Blob>) | null {
    return this.element.open && !this.element.hidden ? () => take(this.video) : null;
  }

  leave(): void {
    this.video.srcObject = null;
  }
}
