/** The proctor's wall: tiles, the list "Next", one key for each thing. */

import "./styles/wall.css";
import "./styles/next.css";
import "./styles/look.css";
import { get, problemOf } from "./lib/api";
import { everySecond, now, synchronise } from "./lib/clock";
import { byId, data, h } from "./lib/dom";
import { t } from "./lib/strings";
import { complain } from "./lib/toast";
import type { Attempt, Boot, LedgerEvent, Pulse, WallSnapshot } from "./lib/types";
import { LookPanel } from "./look/panel";
import { Acts } from "./wall/acts";
import { Bar } from "./wall/bar";
import { Deeds } from "./wall/deeds";
import { Detectors } from "./wall/detectors";
import { Follow } from "./wall/follow";
import { Announcements, BackChannel, Sections } from "./wall/hall";
import { sayLost } from "./wall/kept";
import { Keys, showKeys } from "./wall/keys";
import { Listening } from "./wall/listening";
import { Next } from "./wall/next";
import { Notices } from "./wall/notices";
import { queue, type Item } from "./wall/queue";
import { lasting, missing, type Unrecorded } from "./wall/recording";
import { RoomNews } from "./wall/room-news";
import { mayBeginRoom, Rooms, ROOM_MS } from "./wall/rooms";
import { apply, changesWho, fromSnapshot, type State } from "./wall/store";
import { Tiles } from "./wall/tiles";

class Wall {
  private state: State;
  private readonly follow: Follow;
  private readonly acts = new Acts(() => this.follow.live);
  private readonly deeds: Deeds;
  private readonly bar: Bar;
  private readonly tiles: Tiles;
  private readonly rooms: Rooms;
  private readonly news = new RoomNews();
  private readonly detectors: Detectors;
  private readonly announcements: Announcements;
  private readonly staff: BackChannel;
  private readonly sections: Sections;
  private readonly notices: Notices;
  private readonly listening = new Listening(this.acts.conduct);
  private readonly next: Next;
  private readonly keys: Keys;
  private readonly dialog = h("dialog", { class: "look-dialog", "aria-label": t("queue.looks") });
  private readonly none = h("div", { class: "empty", hidden: true });
  private readonly settled: Set<string>;
  private panel: LookPanel | null = null;
  private unrecorded: Unrecorded = new Map();
  private opening = "";
  private search = "";
  private room = "";
  private due = false;

  constructor(
    root: HTMLElement,
    private readonly boot: Boot,
    snapshot: WallSnapshot,
  ) {
    synchronise(snapshot.now);
    this.state = fromSnapshot(snapshot);
    this.settled = new Set(JSON.parse(sessionStorage.getItem(this.settledKey) ?? "[]") as string[]);
    this.deeds = new Deeds(this.acts, boot);
    this.follow = new Follow(boot.exam.exam, snapshot.seq, { events: (events) => this.take(events), pulse: (pulse) => this.beat(pulse) });
    this.detectors = new Detectors(boot.exam.exam);
    this.announcements = new Announcements(boot, this.acts.wire);
    this.staff = new BackChannel(boot, this.acts.wire, this.state.hall.staff.length);
    this.sections = new Sections(boot, this.acts.wire);
    this.notices = new Notices(boot);
    this.bar = new Bar(this.follow.line, boot, {
      search: (text) => { this.search = text; this.draw(); },
      room: (name) => { this.room = name; this.draw(); },
      keys: () => showKeys(this.keys),
      announce: () => this.announcements.ask(),
    }, [this.sections.button, this.staff.button]);
    this.rooms = new Rooms(boot.exam.exam);
    this.rooms.draw(snapshot.rooms);
    this.tiles = new Tiles({ look: (attempt) => void this.look(attempt), admit: (attempt) => this.admit(attempt), mayAdmit: boot.may.admit });
    this.next = this.list();
    this.keys = this.bind();
    this.dialog.addEventListener("close", () => this.closed());
    this.dialog.addEventListener("cancel", (event) => { if (this.panel?.cancel()) event.preventDefault(); });
    const left = h("section", { class: "wall-tiles", "aria-label": t("wall.tiles") }, h("h2", { class: "hidden" }, t("wall.tiles")), this.rooms.element, this.none, this.tiles.element);
    root.replaceChildren(this.bar.element, this.bar.banner, this.notices.element, this.announcements.element, this.news.element, this.detectors.element, this.listening.element, h("div", { class: "wall-body" }, left, this.next.element), this.dialog);
    this.measure(left);
    this.draw();
    this.beat({ now: snapshot.now, attempts: Object.fromEntries(snapshot.attempts.map((a) => [a.attempt, a])), processes: {} });
    everySecond(() => this.tick());
  }

  private get settledKey(): string {
    return `settled:${this.boot.exam.exam}`;
  }

  private list(): Next {
    const { boot, acts } = this;
    return new Next({
      look: (item) => void this.look(item.attempt.attempt, item),
      confirm: (item) => this.confirm(item),
      reason: (item, decision, reason) => { if (item.kind === "flag") void acts.reason(item.flag, item.attempt, decision, reason); },
      admit: (item) => this.admit(item.attempt.attempt),
      identify: (item, ruling) => acts.identify(item.attempt, ruling),
      confirmPhone: (item) => { if (item.kind === "phone" && boot.may.confirm_phone) void acts.confirmPhone(item.phone, item.attempt); },
      refusePhone: (item) => { if (item.kind === "phone") acts.refusePhone(item.phone, item.attempt); },
      answer: (item) => void this.message(item.attempt.attempt),
      inquire: (item) => this.deeds.inquire(this.state, item.attempt),
      settle: (item) => this.settle(item),
      again: (item) => (item.kind === "scan" ? acts.conduct.scanAgain(item.attempt, item.scan) : this.deeds.again(this.state, item.attempt)),
      endBreak: (item) => this.deeds.rest(this.state, item.attempt),
      listen: (item) => this.listen(item.attempt),
      still: (attempt) => this.tiles.still(attempt),
      moved: (item) => this.moved(item),
      may: boot.may,
      knownAllowed: () => this.state.hall.plan.known_allowed,
    });
  }

  /** Tiles are as large as the window allows. */
  private measure(left: HTMLElement): void {
    new ResizeObserver(([entry]) => {
      const box = entry?.contentRect;
      if (box) this.tiles.resize(box.width, Math.min(box.height, window.innerHeight));
    }).observe(left);
  }

  // --- what comes in ---

  private take(events: LedgerEvent[]): void {
    for (const event of events) {
      this.state = apply(this.state, event);
      this.panel?.event(event);
      sayLost(event, this.state);
    }
    this.detectors.take(events, this.state);
    if (events.some(changesWho)) void this.reload();
    if (events.some(mayBeginRoom)) setTimeout(() => void this.reload(), ROOM_MS);
    this.drawSoon();
  }

  private async reload(): Promise<void> {
    try {
      const snapshot = await get<WallSnapshot>(`/api/exams/${this.boot.exam.exam}/wall`);
      if (snapshot.seq >= this.state.seq) this.state = { ...fromSnapshot(snapshot), turnedAway: this.state.turnedAway };
      this.rooms.draw(snapshot.rooms);
      this.drawSoon();
    } catch (error) {
      complain(error);
    }
  }

  private beat(pulse: Pulse): void {
    this.tiles.beat(pulse);
    this.panel?.beat(pulse);
    this.notices.showsItself(pulse.shows_itself ?? "");
    this.unrecorded = missing(this.state, pulse, this.unrecorded);
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
    this.announcements.draw(this.state);
    this.staff.draw(this.state);
    this.sections.draw(this.state);
    this.drawList();
    const shown = this.tiles.draw(this.state, { search: this.search, room: this.room, selected: this.next.selected?.attempt.attempt ?? null, settled: this.settled });
    this.none.hidden = shown > 0;
    const [title, hint] = this.state.attempts.size ? [t("wall.search_none"), ""] : [t("wall.empty"), t("wall.empty_hint")];
    if (this.none.textContent !== title + hint) this.none.replaceChildren(h("p", {}, h("strong", {}, title)), h("p", {}, hint));
  }

  /** Some of it comes of time alone: who was not opened, whose break is over, what is not recorded. */
  private drawList(): void {
    const unrecorded = lasting(this.unrecorded, now());
    const items = queue(this.state, { now: now(), settled: this.settled, unrecorded });
    this.next.draw(items);
    this.news.draw(this.state);
    this.notices.draw(this.state, unrecorded, this.follow.live);
    const title = `${items.length ? `(${items.length}) ` : ""}${this.state.exam.title}`;
    if (document.title !== title) document.title = title;
  }

  private tick(): void {
    this.bar.tick(this.state, this.follow.live);
    this.drawList();
    this.tiles.tick(this.follow.live);
    this.next.tick();
    this.listening.tick();
  }

  // --- looking ---

  private async look(attempt: string, item: Item | null = null): Promise<void> {
    if (this.panel?.id === attempt || this.opening === attempt) return;
    this.opening = attempt;
    try {
      const panel = await LookPanel.of(attempt, { boot: this.boot, acts: this.acts, close: () => this.dialog.close() });
      if (this.opening !== attempt) return panel.close();
      this.listening.stop();
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

  /** C: the flag is right, the room is clear, the candidate may go. What needs a look first is opened. */
  private confirm(item: Item): void {
    const { may } = this.boot;
    if (item.kind === "flag" && may.decide_flag) void this.acts.confirm(item.flag, item.attempt);
    else if (item.kind === "scan" && may.check_in) void this.acts.conduct.clearScan(item.attempt, item.scan);
    else if (item.kind === "release" && may.check_out && !item.missing.length) void this.acts.release(item.attempt);
    else if (item.kind === "position" || item.kind === "pages" || item.kind === "release") void this.look(item.attempt.attempt, item);
  }

  /** Whoever waits: the candidate, or a phone. */
  private letIn(item: Item | null, attempt: string | undefined): void {
    if (this.panel) this.panel.letIn();
    else if (item?.kind === "phone" && this.boot.may.confirm_phone) void this.acts.confirmPhone(item.phone, item.attempt);
    else if (attempt) this.admit(attempt);
  }

  private dismiss(item: Item | null): void {
    if (item?.kind === "scan" && this.boot.may.check_in) this.acts.conduct.scanAgain(item.attempt, item.scan);
    else this.next.chooseReason("dismissed");
  }

  private listen(attempt: Attempt): void {
    if (this.deeds.fits(this.state, attempt, "listen", this.boot.may.conduct)) this.listening.toggle(attempt);
  }

  private settle(item: Item): void {
    if (item.kind !== "message" && item.kind !== "capacity") return;
    const keys = item.kind === "message" ? item.messages.map((message) => message.message) : [item.key];
    for (const key of keys) this.settled.add(key);
    sessionStorage.setItem(this.settledKey, JSON.stringify([...this.settled]));
    const newest = item.kind === "message" ? item.messages.at(-1) : undefined;
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
    /** For the candidate that is looked at, else the selected one, with what is known of it. */
    const whom = (act: (state: State, attempt: Attempt) => void) => (): void => {
      const state = this.panel?.state ?? this.state;
      const row = state.attempts.get(attempt() ?? "");
      if (row) act(state, row);
    };
    const { deeds } = this;
    const look = (): void => { const it = item(); if (it) void this.look(it.attempt.attempt, it); };
    return new Keys(
      {
        next: () => this.next.move(1),
        previous: () => this.next.move(-1),
        look,
        confirm: () => { const it = item(); if (this.panel) this.panel.confirm(); else if (it) this.confirm(it); },
        dismiss: () => { if (this.panel) this.panel.reasonFor("dismissed"); else this.dismiss(item()); },
        inconclusive: () => { if (this.panel) this.panel.reasonFor("inconclusive"); else this.next.chooseReason("inconclusive"); },
        flag: whom((state, row) => deeds.flag(state, row)),
        keep: whom((state, row) => deeds.keep(state, row)),
        note: whom((state, row) => deeds.note(state, row)),
        message: () => { const id = attempt(); if (id && this.boot.may.message) void this.message(id); },
        warn: whom((state, row) => deeds.warn(state, row)),
        inquire: whom((state, row) => deeds.inquire(state, row)),
        talk: () => { if (this.panel) this.panel.talk(); else look(); },
        listen: whom((_, row) => { if (this.panel) this.panel.listen(); else this.listen(row); }),
        break: whom((state, row) => deeds.rest(state, row)),
        pause: whom((state, row) => deeds.pause(state, row)),
        resubmit: whom((state, row) => deeds.again(state, row)),
        admit: () => this.letIn(item(), attempt()),
        identity: () => { if (this.panel) this.panel.identify(); else this.next.chooseRuling(); },
        announce: () => { if (this.boot.may.announce) this.announcements.ask(); },
        staff: () => this.staff.open(),
        undo: () => this.acts.undo(),
        search: () => { if (!this.panel) this.bar.focusSearch(); },
        help: () => showKeys(this.keys),
        escape: () => { if (this.panel) { if (!this.panel.cancel()) this.dialog.close(); } else this.next.cancelReason(); },
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
