/** Where the candidate stands, as the box says it. Any push only means: ask again. */

import { get, post, Problem, problemOf, request } from "../lib/api";
import { now, synchronise } from "../lib/clock";
import { connect } from "../lib/socket";
import type { Invitation, Me } from "../lib/types";
import type { Clip } from "./clip";

const CALM_MS = 15_000;
const EAGER_MS = 3000;
const TOGETHER_MS = 60;
const UPLOAD_MS = 30_000;
const CLIP_MS = 180_000;

export class Session extends EventTarget {
  me: Me | null = null;
  offlineSince: number | null = null;
  problem: Problem | null = null;
  private timer = 0;
  private due = Infinity;
  private asked = 0;

  start(): void {
    const socket = connect();
    socket.onAny(() => this.later(TOGETHER_MS));
    socket.on("connect", () => this.later(0));
    socket.on("disconnect", () => this.later(0));
    window.addEventListener("online", () => this.later(0));
    window.addEventListener("offline", () => this.later(0));
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) this.later(0);
    });
    void this.refresh();
  }

  /** A step of the candidate: the answer is the new state. Throws a Problem. */
  async step(name: string, body: unknown = {}): Promise<void> {
    try {
      this.take(await post<Me>(`/api/me/${name}`, body));
    } catch (error) {
      const problem = problemOf(error);
      if (problem.status === 409 || problem.offline) this.later(0); // another tab, or staff, was faster
      throw problem;
    }
  }

  async send(text: string): Promise<void> {
    await post("/api/me/messages", { text });
    await this.refresh();
  }

  /** Something the candidate does or has seen, `/api/me/NAME`; where things stand is asked for anew, also when it was refused. */
  async tell(name: string, body: unknown = {}): Promise<void> {
    try {
      await post(`/api/me/${name}`, body);
    } finally {
      await this.refresh();
    }
  }

  /** A question to the institution, which the proctor does not answer. */
  async ask(kind: "accommodation" | "content" | "reply", text: string): Promise<void> {
    await post("/api/me/inquiries", { kind, text });
    await this.refresh();
  }

  /** The ID and the face: two JPEGs. */
  async showId(pictures: FormData): Promise<void> {
    await request("/api/me/identity", { method: "POST", body: pictures, signal: AbortSignal.timeout(UPLOAD_MS) });
    await this.refresh();
  }

  /** The room, as a clip. */
  async showRoom({ blob }: Clip): Promise<void> {
    const headers = { "Content-Type": blob.type };
    await request("/api/me/scan", { method: "POST", body: blob, headers, signal: AbortSignal.timeout(CLIP_MS) });
    await this.refresh();
  }

  /** The box shall compare no face of mine. */
  async declineMatching(): Promise<void> {
    await post("/api/me/identity/decline");
    await this.refresh();
  }

  /** A code for the phone. */
  invite(): Promise<Invitation> {
    return post<Invitation>("/api/me/phone");
  }

  async acknowledge(message: string): Promise<void> {
    await post(`/api/me/messages/${message}/acknowledge`);
    await this.refresh();
  }

  async read(message: string): Promise<void> {
    await post("/api/me/read", { message });
    await this.refresh();
  }

  async refresh(): Promise<void> {
    const asked = ++this.asked;
    try {
      const me = await get<Me>("/api/me");
      if (asked === this.asked) this.take(me);
    } catch (error) {
      if (asked === this.asked) this.fail(problemOf(error));
    } finally {
      if (asked === this.asked) this.later(this.offlineSince === null ? CALM_MS : EAGER_MS);
    }
  }

  private take(me: Me): void {
    synchronise(me.now);
    this.asked += 1; // an answer still under way is older than this one
    this.me = me;
    this.offlineSince = null;
    this.problem = null;
    this.later(CALM_MS);
    this.dispatchEvent(new Event("change"));
  }

  private fail(problem: Problem): void {
    const away = problem.offline || problem.status >= 500;
    if (away) this.offlineSince ??= now();
    else this.problem = problem;
    this.dispatchEvent(new Event("change"));
  }

  /** Ask again in so long, unless it is asked sooner anyway: what is pushed while an answer is under way must not wait for the calm. */
  private later(milliseconds: number): void {
    const at = performance.now() + milliseconds;
    if (at >= this.due) return;
    clearTimeout(this.timer);
    this.due = at;
    this.timer = window.setTimeout(() => {
      this.due = Infinity;
      void this.refresh();
    }, milliseconds);
  }
}
