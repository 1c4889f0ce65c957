/** The candidate's page: one column, one step at a time, what is recorded always in sight. */

import "./styles/candidate.css";
import { call } from "./candidate/call";
import { challenges } from "./candidate/challenge";
import { chat } from "./candidate/chat";
import { Equipment } from "./candidate/equipment";
import { notice } from "./candidate/notice";
import { PhonePanel } from "./candidate/phone";
import { Reports } from "./candidate/reports";
import { Session } from "./candidate/session";
import { DEFAULTS, type Settings } from "./candidate/settings";
import { sharing, type Sharing } from "./candidate/sharing";
import { STEPS, stepOf, type MakeStep, type Page, type Step, type StepName } from "./candidate/step";
import { agreement } from "./candidate/steps/agreement";
import { equipment as equipmentStep } from "./candidate/steps/equipment";
import { exam } from "./candidate/steps/exam";
import { finished } from "./candidate/steps/finished";
import { identity } from "./candidate/steps/identity";
import { name } from "./candidate/steps/name";
import { waiting } from "./candidate/steps/waiting";
import { warnings } from "./candidate/warning";
import { time } from "./lib/clock";
import { byId, data, h, set, write } from "./lib/dom";
import { t } from "./lib/strings";
import { CLOSED, type Me } from "./lib/types";

const MAKERS: Record<StepName, MakeStep> = { name, agreement, equipment: equipmentStep, identity, waiting, exam, finished };
const TITLES: Record<StepName, string> = {
  name: "candidate.name.title",
  agreement: "candidate.agreement.title",
  equipment: "candidate.equipment.title",
  identity: "candidate.identity.title",
  waiting: "candidate.waiting.title",
  exam: "candidate.exam.title",
  finished: "candidate.finished.title",
};

class CandidatePage implements Page {
  readonly session = new Session();
  readonly equipment: Equipment;
  private readonly reports = new Reports();
  private readonly who = h("p", { class: "muted who-line" });
  private readonly steps = h("ol", { class: "steps", "aria-label": t("candidate.steps") }, ...STEPS.map((step) => h("li", { "data-step": step }, h("span", {}, t(`candidate.step.${step}`)))));
  private readonly recorded = h("p", { class: "recorded", role: "status" });
  private readonly banner = h("div", { class: "problem", role: "alert", hidden: true });
  private readonly title = h("h1", { tabindex: -1 });
  private readonly body = h("div", {});
  private readonly aside = h("div", {});
  private readonly call: ReturnType<typeof call>;
  private readonly phone = new PhonePanel(this.session);
  private readonly chat = chat(this.session);
  private readonly warn = warnings(this.session);
  private readonly challenge = challenges();
  private small: Sharing | null = null;
  private showsId = false;
  private shown = "";
  private step: Step | null = null;

  constructor(settings: Settings) {
    this.equipment = new Equipment(settings, this.reports);
    notice(this.reports);
    this.call = call(this.equipment);
    byId("candidate").replaceChildren(this.who, this.steps, this.recorded, this.call.element, this.banner, h("section", { class: "card step" }, this.title, this.body), this.aside, this.phone.element, this.chat.element);
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
    this.equipment.use(me.feeds);
    this.reports.allow(Object.keys(me.feeds).length > 0);
    this.enter(me);
    this.step?.update(me);
    this.small?.update();
    this.drawRecorded(me);
    this.call.update(me);
    this.chat.element.hidden = me.stage === "invited" || this.shown === "name";
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
    if (first && ["equipment", "waiting", "exam"].includes(step)) void this.equipment.resume();
    this.step = MAKERS[step](this, me);
    write(this.title, t(me.stage === "ended" ? "candidate.finished.ended_title" : me.stage === "admitted" ? "candidate.exam.admitted" : TITLES[step]));
    this.body.replaceChildren(this.step.element);
    this.drawSteps(step, me);
    this.drawAside(step);
    if (!first) this.title.focus(); // a screen reader reads the new step, the keyboard goes on from there
    document.title = `${this.title.textContent} · ${t("meta.product")}`;
  }

  private drawSteps(step: StepName, me: Me): void {
    const at = STEPS.indexOf(step);
    [...this.steps.children].forEach((item, index) => {
      set(item, "hidden", STEPS[index] === "identity" && !me.identity.wanted);
      set(item, "aria-current", index === at ? "step" : null);
      set(item, "data-state", index < at ? "done" : index === at ? "now" : "later");
    });
  }

  private drawAside(step: StepName): void {
    this.small?.leave();
    this.small = step === "waiting" || step === "exam" ? sharing(this.equipment, { small: true }) : null;
    this.aside.replaceChildren(...(this.small ? [this.small.element] : []));
  }

  private drawRecorded(me: Me): void {
    const lines = [this.equipment.publishers.webcam.line, this.equipment.publishers.screen.line];
    const state = CLOSED.includes(me.stage)
      ? "over"
      : !["equipment", "waiting", "admitted", "in_exam"].includes(me.stage) || (me.stage === "equipment" && lines.every((line) => line === "off"))
        ? "soon"
        : me.stage === "equipment" ? (lines.includes("live") ? "on" : "soon") : this.equipment.complete ? "on" : lines.includes("off") ? "missing" : "broken";
    write(this.recorded, t(state === "on" ? "candidate.recorded" : `candidate.recorded_${state}`));
    set(this.recorded, "data-state", state);
  }

  private drawBanner(): void {
    const { problem, offlineSince } = this.session;
    const text = problem ? [problem.sentence, problem.hint] : offlineSince !== null ? [t("candidate.offline.title", { time: time(offlineSince) }), t("candidate.offline.hint")] : null;
    this.banner.hidden = text === null;
    if (!text || this.banner.textContent === text.join("")) return;
    this.banner.replaceChildren(h("p", {}, h("strong", {}, text[0] ?? "")), h("p", {}, text[1] ?? ""));
    if (problem?.status === 401) this.banner.append(h("p", {}, h("a", { href: "/" }, t("candidate.name.back"))));
  }
}

const boot = data<{ attempt: string; settings?: Settings } | null>("boot");
new CandidatePage(boot?.settings ?? DEFAULTS);
