/** The proctor's wall: tiles, the list "Next", one key for each thing. */

import "./styles/wall.css";
import "./styles/look.css";
import { get, problemOf } from "./lib/api";
import { everySecond, synchronise } from "./lib/clock";
import { byId, data, h } from "./lib/dom";
import { t } from "./lib/strings";
import { complain, toast } from "./lib/toast";
import type { Boot, LedgerEvent, Pulse, WallSnapshot } from "./lib/types";
import { LookPanel } from "./look/panel";
import { Acts } from "./wall/acts";
import { Bar } from "./wall/bar";
import { Follow } from "./wall/follow";
import { Keys, showKeys } from "./wall/keys";
import { Next } from "./wall/next";
import { queue, type Item } from "./wall/queue";
import { apply, changesWho, fromSnapshot, type State } from "./wall/store";
import { RoomNews } from "./wall/room-news";
import { mayBeginRoom, Rooms, ROOM_MS } from "./wall/rooms";
import { Tiles } from "./wall/tiles";

class Wall {
  private state: State;
  private readonly follow: Follow;
  private readonly acts = new Acts(() => this.follow.live);
  private readonly bar: Bar;
  private readonly tiles: Tiles;
  private readonly rooms: Rooms;
  private readonly news = new RoomNews();
  private readonly next: Next;
  private readonly keys: Keys;
  private readonly dialog = h("dialog", { class: "look-dialog", "aria-label": t("queue.looks") });
  private readonly none = h("div", { class: "empty", hidden: true });
  private readonly settled: Set<string>;
  private panel: LookPanel | null = null;
  private opening = "";
  private search = "";
  private due = false;

  constructor(
    root: HTMLElement,
    private readonly boot: Boot,
    snapshot: WallSnapshot,
  ) {
    synchronise(snapshot.now);
    this.state = fromSnapshot(snapshot);
    this.settled = new Set(JSON.parse(sessionStorage.getItem(this.settledKey) ?? "[]") as string[]);
    this.follow = new Follow(boot.exam.exam, snapshot.seq, { events: (events) => this.take(events), pulse: (pulse) => this.beat(pulse) });
    this.bar = new Bar(this.follow.line, { search: (text) => { this.search = text; this.draw(); }, keys: () => showKeys(this.keys) });
    this.rooms = new Rooms(boot.exam.exam);
    this.rooms.draw(snapshot.rooms);
    this.tiles = new Tiles({ look: (attempt) => void this.look(attempt), admit: (attempt) => this.admit(attempt), mayAdmit: boot.may.admit });
    this.next = new Next({
      look: (item) => void this.look(item.attempt.attempt, item),
      confirm: (item) => { if (item.kind === "flag") void this.acts.confirm(item.flag, item.attempt); },
      dismiss: (item, reason) => { if (item.kind === "flag") void this.acts.dismiss(item.flag, item.attempt, reason); },
      admit: (item) => this.admit(item.attempt.attempt),
      identify: (item, ruling) => this.acts.identify(item.attempt, ruling),
      confirmPhone: (item) => { if (item.kind === "phone" && boot.may.confirm_phone) void this.acts.confirmPhone(item.phone, item.attempt); },
      refusePhone: (item) => { if (item.kind === "phone") this.acts.refusePhone(item.phone, item.attempt); },
      answer: (item) => void this.message(item.attempt.attempt),
      settle: (item) => this.settle(item),
      still: (attempt) => this.tiles.still(attempt),
      moved: (item) => this.moved(item),
      may: boot.may,
    });
    this.keys = this.bind();
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("cancel", (event) => { if (this.panel?.cancel()) event.preventDefault(); });
    const left = h("section", { class: "wall-tiles", "aria-label": t("wall.tiles") }, h("h2", { class: "hidden" }, t("wall.tiles")), this.rooms.element, this.none, this.tiles.element);
    root.replaceChildren(this.bar.element, this.bar.banner, this.news.element, h("div", { class: "wall-body" }, left, this.next.element), this.dialog);
    this.draw();
    this.beat({ now: snapshot.now, attempts: Object.fromEntries(snapshot.attempts.map((a) => [a.attempt, a])), processes: {} });
    everySecond(() => this.tick());
  }

  private get settledKey(): string {
    return `settled:${this.boot.exam.exam}`;
  }

  // --- what comes in ---

  private take(events: LedgerEvent[]): void {
    for (const event of events) {
      this.state = apply(this.state, event);
      this.panel?.event(event);
      if (event.type === "capacity.refused") this.refused(event);
    }
    if (events.some(changesWho)) void this.reload();
    if (events.some(mayBeginRoom)) setTimeout(() => void this.reload(), ROOM_MS);
    this.drawSoon();
  }

  /** A candidate whom the box cannot take: somebody has to go there. */
  private refused(event: LedgerEvent): void {
    const seat = this.state.attempts.get(String(event.payload?.["attempt"]))?.seat;
    if (seat) toast(t("wall.refused", { seat }), { seconds: 30, bad: true });
  }

  private async reload(): Promise<void> {
    try {
      const snapshot = await get<WallSnapshot>(`/api/exams/${this.boot.exam.exam}/wall`);
      if (snapshot.seq >= this.state.seq) this.state = fromSnapshot(snapshot);
      this.rooms.draw(snapshot.rooms);
      this.drawSoon();
    } catch (error) {
      complain(error);
    }
  }

  private beat(pulse: Pulse): void {
    this.tiles.beat(pulse);
    this.panel?.beat(pulse);
    if (Object.keys(pulse.processes).length) this.bar.beat(pulse);
  }

  // --- drawing ---

  /** A thousand events that come at once are drawn once. */
  private drawSoon(): void {
    if (this.due) return;
    this.due = true;
    setTimeout(() => {
      this.due = false;
      this.draw();
    }, 30);
  }

  private draw(): void {
    this.bar.draw(this.state, this.follow.live);
    this.news.draw(this.state);
    const items = queue(this.state, this.settled);
    this.next.draw(items);
    document.title = `${items.length ? `(${items.length}) ` : ""}${this.state.exam.title}`;
    const shown = this.tiles.draw(this.state, this.search, this.next.selected?.attempt.attempt ?? null);
    this.none.hidden = shown > 0;
    const [title, hint] = this.state.attempts.size ? [t("wall.search_none"), ""] : [t("wall.empty"), t("wall.empty_hint")];
    if (this.none.textContent !== title + hint) this.none.replaceChildren(h("p", {}, h("strong", {}, title)), h("p", {}, hint));
  }

  private tick(): void {
    this.bar.tick(this.state, this.follow.live);
    this.news.draw(this.state);
    this.tiles.tick(this.follow.live);
    this.next.tick();
  }

  // --- looking ---

  private async look(attempt: string, item: Item | null = null): Promise<void> {
    if (this.panel?.id === attempt || this.opening === attempt) return;
    this.opening = attempt;
    try {
      const panel = await LookPanel.of(attempt, { boot: this.boot, acts: this.acts, close: () => this.dialog.close() });
      if (this.opening !== attempt) return panel.close();
      this.panel?.close();
      this.panel = panel;
      panel.select(item?.kind === "flag" ? item.flag.flag : null);
      this.dialog.replaceChildren(panel.element);
      if (!this.dialog.open) this.dialog.showModal();
      panel.focus();
    } catch (error) {
      complain(error);
    } finally {
      if (this.opening === attempt) this.opening = "";
    }
  }

  private closed(): void {
    const attempt = this.panel?.id;
    this.panel?.close();
    this.panel = null;
    if (attempt && document.activeElement === document.body) this.tiles.focus(attempt);
  }

  private async message(attempt: string): Promise<void> {
    await this.look(attempt);
    this.panel?.focusChat();
  }

  // --- acting ---

  private admit(attempt: string): void {
    const row = this.state.attempts.get(attempt);
    if (row?.stage === "waiting" && this.boot.may.admit) void this.acts.admit(row);
  }

  /** Whoever waits: the candidate, or a phone. */
  private letIn(item: Item | null, attempt: string | undefined): void {
    if (this.panel) this.panel.letIn();
    else if (item?.kind === "phone" && this.boot.may.confirm_phone) void this.acts.confirmPhone(item.phone, item.attempt);
    else if (attempt) this.admit(attempt);
  }

  private settle(item: Item): void {
    if (item.kind !== "message") return;
    for (const message of item.messages) this.settled.add(message.message);
    sessionStorage.setItem(this.settledKey, JSON.stringify([...this.settled]));
    const newest = item.messages.at(-1);
    if (newest) void this.acts.read(item.attempt.attempt, newest.message);
    this.draw();
  }

  /** While a candidate is looked at, J and K take the look along. */
  private moved(item: Item | null): void {
    if (this.panel && item && this.dialog.open) void this.look(item.attempt.attempt, item);
    this.drawSoon();
  }

  private bind(): Keys {
    const item = (): Item | null => this.next.selected;
    const attempt = (): string | undefined => this.panel?.id ?? item()?.attempt.attempt;
    const row = (): Item["attempt"] | undefined => this.state.attempts.get(attempt() ?? "");
    const { may } = this.boot;
    const look = (): void => { const it = item(); if (it) void this.look(it.attempt.attempt, it); };
    return new Keys(
      {
        j: () => this.next.move(1),
        k: () => this.next.move(-1),
        Enter: look,
        l: look,
        c: () => { const it = item(); if (this.panel) this.panel.confirm(); else if (it?.kind === "flag" && may.decide_flag) void this.acts.confirm(it.flag, it.attempt); },
        d: () => { if (this.panel) this.panel.dismiss(); else this.next.chooseReason(); },
        f: () => { const r = row(); if (this.panel) this.panel.ownFlag(); else if (r && may.raise_flag) this.acts.ownFlag(r); },
        m: () => { const id = attempt(); if (id && may.message) void this.message(id); },
        w: () => { const r = row(); if (r && may.message) this.acts.warn(r); },
        t: () => { if (this.panel) this.panel.talk(); else look(); },
        a: () => this.letIn(item(), attempt()),
        i: () => { if (this.panel) this.panel.identify(); else this.next.chooseRuling(); },
        u: () => this.acts.undo(),
        "/": () => { if (!this.panel) this.bar.focusSearch(); },
        "?": () => showKeys(this.keys),
        Escape: () => { if (this.panel) { if (!this.panel.cancel()) this.dialog.close(); } else this.next.cancelReason(); },
      },
      (digit) => {
        if (this.panel) return this.panel.reason(digit);
        if (!this.next.choosingReason) return false;
        this.next.reason(digit);
        return true;
      },
    );
  }
}

async function start(): Promise<void> {
  const boot = data<Boot>("boot");
  const root = byId("wall");
  try {
    new Wall(root, boot, await get<WallSnapshot>(`/api/exams/${boot.exam.exam}/wall`));
  } catch (error) {
    const problem = problemOf(error);
    root.replaceChildren(h("div", { class: "wall-problem" }, h("h1", {}, problem.sentence), h("p", {}, problem.hint),
      h("p", {}, h("button", { type: "button", class: "primary", onclick: () => location.reload() }, t("common.reload")), " ", h("a", { class: "button", href: "/wall" }, t("wall.other")))));
    if (problem.offline) setTimeout(() => void start(), 3000);
  }
}

void start();
