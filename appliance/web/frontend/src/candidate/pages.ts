/** The pages of a worked paper: photographed in order, each judged at once, taken again where it cannot be read. On the
 * candidate's page and on the phone. */

import { post, request } from "../lib/api";
import type { MyCheckout, MyPage, Photographed } from "../lib/checkout";
import { h, set, write } from "../lib/dom";
import { t } from "../lib/strings";
import { perform } from "./action";
import { pageJpeg } from "./page_photo";

const UPLOAD_MS = 60_000;

interface Options {
  /** Where photos go: `/api/me` or `/phone`. */
  door: string;
  /** The candidate's own page also shows the photos, moves and accepts them. */
  own: boolean;
  /** A photo by the camera that is open; null where there is none. */
  shoot: () => (() => Promise<Blob>) | null;
  /** Something changed at the box. */
  changed: () => Promise<void>;
}

export class Pages {
  private readonly list = h("ol", { class: "page-list" });
  private readonly said = h("p", { class: "page-said", role: "status" });
  private readonly wrong = h("p", { class: "wrong", role: "alert" });
  private readonly take = h("button", { type: "button", class: "primary wide" });
  private readonly choose = h("button", { type: "button", class: "wide" });
  private readonly file: HTMLInputElement;
  readonly element: HTMLElement;
  private known: MyCheckout | null = null;
  private drawn = "";
  /** The number of the page that is taken again; 0: the next one. */
  private again = 0;
  /** The highest number that was sent from here: the box may not have said so yet. */
  private sent = 0;

  constructor(private readonly options: Options) {
    this.file = h("input", { type: "file", accept: "image/*", capture: options.own ? null : "environment", multiple: options.own, hidden: true, "data-pages": true });
    this.element = h("div", { class: "stack tight" }, this.list, this.said, this.wrong, this.take, this.choose, this.file);
    this.take.addEventListener("click", () => void perform(this.take, this.wrong, () => this.shot()));
    this.choose.addEventListener("click", () => this.file.click());
    this.file.addEventListener("change", () => void perform(this.choose, this.wrong, () => this.chosen()));
  }

  update(checkout: MyCheckout): void {
    this.known = checkout;
    this.draw();
  }

  /** The camera came or went. */
  draw(): void {
    const { known } = this;
    if (!known) return;
    const key = JSON.stringify([known.pages, known.by, this.again]);
    if (key !== this.drawn) {
      this.drawn = key;
      this.list.replaceChildren(...known.pages.map((page) => this.line(page, known)));
      this.list.hidden = known.pages.length === 0;
    }
    const number = this.number();
    const shoots = this.options.shoot() !== null;
    this.take.hidden = !shoots;
    write(this.take, t(this.again ? "candidate.pages.take_again" : "candidate.pages.take", { number }));
    set(this.choose, "class", shoots ? "wide" : "primary wide");
    write(this.choose, t(this.options.own ? "candidate.pages.choose" : "candidate.pages.app", { number }));
  }

  private number(): number {
    return this.again || Math.max(this.known?.pages.length ?? 0, this.sent) + 1;
  }

  private line(page: MyPage, { by }: MyCheckout): HTMLElement {
    const { own } = this.options;
    const number = page.number;
    const state = page.readable ? "readable" : page.accepted ? "accepted" : "unreadable";
    const words = state === "unreadable" ? page.troubles.map((trouble) => t(`candidate.pages.${trouble}`)).join(" ") : t(`candidate.pages.${state}`);
    const act = (name: string, run: () => Promise<void>): HTMLButtonElement => {
      const button = h("button", { type: "button", class: "small", "aria-label": t(`candidate.pages.${name}_of`, { number }) }, t(`candidate.pages.${name}`));
      button.addEventListener("click", () => void perform(button, this.wrong, run));
      return button;
    };
    const last = this.known?.pages.length ?? 0;
    return h("li", { class: "page-line", "data-state": state, "aria-current": this.again === number ? "true" : null },
      own ? h("img", { src: `/api/me/pages/${page.page}`, alt: t("candidate.pages.photo", { number }), loading: "lazy" }) : null,
      h("div", { class: "page-words" },
        h("p", { class: "label" }, t("candidate.pages.page", { number })), h("p", { class: "page-state" }, words),
        h("div", { class: "page-acts" },
          act("again", () => this.takeAgain(number)),
          own && state === "unreadable" && by === "candidate" ? act("accept", () => this.tell(`pages/${page.page}/accept`)) : null,
          own && number > 1 ? act("earlier", () => this.move(number, number - 1)) : null,
          own && number < last ? act("later", () => this.move(number, number + 1)) : null)));
  }

  /** The next photo takes this one's place. */
  private async takeAgain(number: number): Promise<void> {
    this.again = number;
    this.draw();
    (this.take.hidden ? this.choose : this.take).focus();
  }

  private async shot(): Promise<void> {
    const shoot = this.options.shoot();
    if (shoot) await this.send(await shoot());
    await this.options.changed();
  }

  private async chosen(): Promise<void> {
    const files = [...(this.file.files ?? [])].sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
    this.file.value = "";
    for (const file of this.again ? files.slice(0, 1) : files) {
      await this.send(file);
      await this.options.changed();
    }
  }

  private async send(file: Blob): Promise<void> {
    const number = this.number();
    write(this.said, t("candidate.pages.sending", { number }));
    try {
      const body = await pageJpeg(file);
      const answer = await request(`${this.options.door}/pages/${number}`, { method: "POST", body, headers: { "Content-Type": body.type || "image/jpeg" }, signal: AbortSignal.timeout(UPLOAD_MS) });
      const { readable, troubles } = (await answer.json()) as Photographed;
      const words = readable ? t("candidate.pages.good") : troubles.map((trouble) => t(`candidate.pages.${trouble}`)).join(" ");
      write(this.said, `${t("candidate.pages.page", { number })}: ${words}`);
      set(this.said, "data-state", readable ? "readable" : "unreadable");
      this.again = 0;
      this.sent = Math.max(this.sent, number);
    } catch (error) {
      write(this.said, "");
      throw error;
    }
  }

  private async move(from: number, to: number): Promise<void> {
    const order = (this.known?.pages ?? []).map(({ page }) => ({ page }));
    const [moved] = order.splice(from - 1, 1);
    if (moved) order.splice(to - 1, 0, moved);
    this.again = 0;
    await this.tell("pages/order", { order });
    write(this.said, t("candidate.pages.moved", { from, to }));
  }

  private async tell(path: string, body: unknown = {}): Promise<void> {
    await post(`/api/me/${path}`, body);
    await this.options.changed();
  }
}
