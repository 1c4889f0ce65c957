/** What the box says of this phone: asked often while a person decides, seldom afterwards. */

import { get, problemOf } from "../lib/api";
import { synchronise } from "../lib/clock";
import { CLOSED, type PhoneState } from "../lib/types";

const EAGER_MS = 1000;
const CALM_MS = 5000;

export class Link extends EventTarget {
  said: PhoneState | null = null;
  /** Refused, removed, replaced: this phone is nobody's any more. */
  gone = false;
  away = false;
  private timer = 0;
  private asking = false;

  start(): void {
    document.addEventListener("visibilitychange", () => this.soon());
    window.addEventListener("online", () => this.soon());
    void this.ask();
  }

  /** Something was changed at the box from here. */
  async refresh(): Promise<void> {
    if (!this.gone) await this.ask();
  }

  get over(): boolean {
    return this.said !== null && CLOSED.includes(this.said.stage);
  }

  private soon(): void {
    if (!document.hidden && !this.gone) this.later(0);
  }

  private async ask(): Promise<void> {
    if (this.asking) return;
    this.asking = true;
    try {
      this.said = await get<PhoneState>("/phone/state");
      synchronise(this.said.now);
      this.away = false;
    } catch (error) {
      const { status } = problemOf(error);
      this.gone = [401, 403, 404].includes(status);
      this.away = !this.gone;
    } finally {
      this.asking = false;
    }
    this.dispatchEvent(new Event("change"));
    if (!this.gone && !this.over) this.later(this.said?.state === "confirmed" && !this.away ? CALM_MS : EAGER_MS);
  }

  private later(milliseconds: number): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.ask(), milliseconds);
  }
}
