/** The candidate's page: one column, one step at a time, what is recorded always in sight. */

import "./styles/candidate.css";
import { announcements } from "./candidate/announcements";
import { call } from "./candidate/call";
import { challenges } from "./candidate/challenge";
import { chat } from "./candidate/chat";
import { Equipment } from "./candidate/equipment";
import { HelpPanel } from "./candidate/help";
import { notice } from "./candidate/notice";
import { PhonePanel } from "./candidate/phone";
import { ScanPrompt } from "./candidate/prompt";
import { Reports } from "./candidate/reports";
import { Session } from "./candidate/session";
import { DEFAULTS, type Settings } from "./candidate/settings";
import { sharing, type Sharing } from "./candidate/sharing";
import { stepOf, stepsOf, type MakeStep, type Page, type Step, type StepName } from "./candidate/step";
import { agreement } from "./candidate/steps/agreement";
import { briefing } from "./candidate/steps/briefing";
import { checkOut } from "./candidate/steps/check_out";
import { equipment as equipmentStep, extent } from "./candidate/steps/equipment";
import { exam } from "./candidate/steps/exam";
import { finished } from "./candidate/steps/finished";
import { identity } from "./candidate/steps/identity";
import { name } from "./candidate/steps/name";
import { position } from "./candidate/steps/position";
import { roomScan } from "./candidate/steps/room_scan";
import { waiting } from "./candidate/steps/waiting";
import { warnings } from "./candidate/warning";
import { time } from "./lib/clock";
import { byId, data, h, set, write } from "./lib/dom";
import { has, t } from "./lib/strings";
import { CLOSED, RECORDED, type Me, type Stage } from "./lib/types";

const MAKERS: Record<StepName, MakeStep> = {
  name, agreement, equipment: equipmentStep, identity, room_scan: roomScan, position, briefing, waiting, exam, check_out: checkOut, finished,
};
/** These show the camera themselves: beside them only what is missing is shown. */
const OWN_PICTURE: readonly StepName[] = ["identity", "room_scan", "position"];
const UNSHARED: readonly StepName[] = ["name", "agreement", "equipment", "finished"];
/** So many words do not fit beside each other. */
const MANY_STEPS = 7;

class CandidatePage implements Page {
  readonly session = new Session();
  readonly equipment: Equipment;
  private readonly reports = new Reports();
  private readonly who = h("p", { class: "muted who-line" });
  private readonly steps = h("ol", { class: "steps", "aria-label": t("candidate.steps") });
  private readonly recorded = h("p", { class: "recorded", role: "status" });
  private readonly banner = h("div", { class: "problem", role: "alert", hidden: true });
  private readonly title = h("h1", { tabindex: -1 });
  private readonly body = h("div", {});
  private readonly aside = h("div", {});
  private readonly call: ReturnType<typeof call>;
  private readonly phone = new PhonePanel(this.session);
  private readonly chat = chat(this.session, () => this.help.ask("content"));
  private readonly announcements = announcements(this.session);
  private readonly warn = warnings(this.session);
  private readonly challenge = challenges();
  private readonly prompt = new ScanPrompt(this);
  private readonly help = new HelpPanel(this.session);
  private small: Sharing | null = null;
  private showsId = false;
  private shown = "";
  private step: Step | null = null;

  constructor(readonly settings: Settings) {
    this.equipment = new Equipment(settings, this.reports);
    notice(this.reports);
    this.call = call(this.equipment);
    byId("candidate").replaceChildren(this.who, this.steps, this.recorded, this.call.element, this.banner, this.announcements.element, this.prompt.element,
      h("section", { class: "card step" }, this.title, this.body), this.aside, this.phone.element, this.chat.element, this.help.element);
    const draw = (): void => this.draw();
    this.session.addEventListener("change", draw);
    this.equipment.addEventListener("change", draw);
    this.session.start();
  }

  showId(now: boolean): void {
    this.showsId = now;
    this.draw();
  }

  private draw(): void {
    const { me } = this.session;
    this.drawBanner();
    if (!me) return;
    write(this.who, `${me.exam.title} · ${t("common.seat", { seat: me.seat })} · ${me.name}`);
    this.equipment.use(me.feeds, me.plan.feeds);
    this.reports.allow(Object.keys(me.feeds).length > 0);
    this.enter(me);
    this.step?.update(me);
    this.small?.update();
    if (this.small) this.small.element.hidden = OWN_PICTURE.includes(stepOf(me, this.showsId)) && this.equipment.complete;
    this.drawRecorded(me);
    this.prompt.update(me);
    this.help.update(me);
    this.announcements.update(me);
    this.call.update(me);
    this.chat.element.hidden = ["invited", "arrived"].includes(me.stage) || (CLOSED.includes(me.stage) && me.messages.length === 0);
    this.phone.update(me);
    this.chat.update(me);
    this.warn(me);
    this.challenge(me);
  }

  private enter(me: Me): void {
    const step = stepOf(me, this.showsId && this.equipment.streams.webcam !== undefined);
    const key = step === "exam" ? me.stage : step;
    if (key === this.shown) return;
    const first = this.shown === "";
    this.shown = key;
    this.step?.leave?.();
    if (step === "finished") this.equipment.close();
    if (first && (step === "equipment" || !UNSHARED.includes(step))) void this.equipment.resume();
    this.step = MAKERS[step](this, me);
    write(this.title, t(titleOf(step, me)));
    this.body.replaceChildren(this.step.element);
    this.drawSteps(step, me);
    this.drawAside(step);
    if (!first) focusOn(this.title); // a screen reader reads the new step, the keyboard goes on from there
    document.title = `${this.title.textContent} · ${t("meta.product")}`;
  }

  private drawSteps(step: StepName, me: Me): void {
    const steps = stepsOf(me);
    const at = steps.indexOf(step);
    set(this.steps, "data-many", steps.length > MANY_STEPS);
    this.steps.replaceChildren(
      ...steps.map((one, index) =>
        h("li", { "data-step": one, "aria-current": index === at ? "step" : null, "data-state": index < at ? "done" : index === at ? "now" : "later" },
          h("span", {}, t(`candidate.step.${one}`)))),
    );
  }

  private drawAside(step: StepName): void {
    this.small?.leave();
    this.small = UNSHARED.includes(step) || this.equipment.needed.length === 0 ? null : sharing(this.equipment, { small: true });
    this.aside.replaceChildren(...(this.small ? [this.small.element] : []));
  }

  private drawRecorded(me: Me): void {
    const { needed } = this.equipment;
    const lines = needed.map((kind) => this.equipment.publishers[kind].line);
    const state = CLOSED.includes(me.stage)
      ? "over"
      : needed.length === 0
        ? "nothing"
        : !RECORDED.includes(me.stage)
          ? "soon"
          : me.stage === "equipment" ? (lines.includes("live") ? "on" : "soon") : this.equipment.complete ? "on" : lines.includes("off") ? "missing" : "broken";
    write(this.recorded, t(state === "on" ? recordedKey(me) : `candidate.recorded_${state}`));
    set(this.recorded, "data-state", state);
  }

  private drawBanner(): void {
    const { problem, offlineSince } = this.session;
    const contact = this.session.me?.plan.contact ?? "";
    const text = problem ? [problem.sentence, problem.hint] : offlineSince !== null ? [t("candidate.offline.title", { time: time(offlineSince) }), t("candidate.offline.hint")] : null;
    if (text && contact) text.push(t("candidate.help.contact", { contact })); // kept in the page: it is there when the line is not
    this.banner.hidden = text === null;
    if (!text || this.banner.textContent === text.join("")) return;
    this.banner.replaceChildren(h("p", {}, h("strong", {}, text[0] ?? "")), ...text.slice(1).map((said) => h("p", {}, said)));
    if (problem?.status === 401) this.banner.append(h("p", {}, h("a", { href: "/" }, t("candidate.name.back"))));
  }
}

/** As soon as no dialog keeps the focus: the answer to one may have led here. */
function focusOn(element: HTMLElement): void {
  const open = [...document.querySelectorAll<HTMLDialogElement>("dialog[open]")].at(-1);
  if (open) open.addEventListener("close", () => element.focus(), { once: true });
  else element.focus();
}

/** What the step is called in this exam, or in this stage of it. */
function titleOf(step: StepName, { stage, plan }: Me): string {
  const own = { ended: "candidate.finished.ended_title", refused: "candidate.finished.refused_title", admitted: "candidate.exam.admitted" } as Partial<Record<Stage, string>>;
  const which = step === "equipment" ? extent(plan.feeds) : stage;
  const special = `candidate.${step}.title_${which}`;
  return own[stage] ?? (has(special) ? special : `candidate.${step}.title`);
}

/** What is recorded, and who sees it. */
function recordedKey({ plan }: Me): string {
  if (plan.mode === "record_review") return `candidate.recorded_review.${extent(plan.feeds)}`;
  return plan.feeds.includes("screen") ? "candidate.recorded" : "candidate.recorded_camera";
}

const boot = data<{ attempt: string; settings?: Settings } | null>("boot");
new CandidatePage(boot?.settings ?? DEFAULTS);
