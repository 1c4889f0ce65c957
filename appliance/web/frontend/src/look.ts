/** One candidate on a page: the look panel, and the recording below it. */

import "./styles/wall.css";
import "./styles/next.css";
import "./styles/look.css";
import { problemOf } from "./lib/api";
import { byId, data, h } from "./lib/dom";
import { t } from "./lib/strings";
import { toggleTheme } from "./lib/theme";
import type { Boot, Pulse } from "./lib/types";
import { LookPanel } from "./look/panel";
import { Player } from "./look/player";
import { Acts } from "./wall/acts";
import { line as lineView } from "./wall/bar";
import { Follow } from "./wall/follow";
import { sayLost } from "./wall/kept";
import { Keys, showKeys } from "./wall/keys";

const boot = data<Boot>("boot");
const root = byId("look");

async function start(attempt: string): Promise<void> {
  let follow: Follow | null = null;
  const player = new Player(`/media/${boot.exam.exam}/${attempt}`);
  const acts = new Acts(() => follow?.live ?? false);
  const panel = await LookPanel.of(attempt, {
    boot,
    acts,
    recording: player.element,
    seek: (flag) => void player.seek(flag),
    changed: (state) => player.draw(state.segments),
  });
  follow = new Follow(boot.exam.exam, panel.state.seq, {
    events: (events) => events.forEach((event) => { panel.event(event); sayLost(event, panel.state); }),
    ...(boot.may.watch ? { pulse: (pulse: Pulse) => panel.beat(pulse) } : {}), // the box says it to those who watch
  });
  const status = lineView(follow.line);
  const back = boot.may.watch ? h("a", { class: "button small", href: `/wall/${boot.exam.exam}` }, t("look.back")) : h("a", { class: "button small", href: "/reports" }, t("nav.reports"));
  const review = boot.may.review ? h("a", { class: "button small", href: `/review/${boot.exam.exam}/${attempt}` }, t("reviewing.open")) : null;
  const theme = h("button", { type: "button", class: "quiet", onclick: () => toggleTheme() }, t("nav.theme"));
  root.replaceChildren(h("header", { class: "wall-bar" }, back, h("h1", {}, boot.exam.title), h("div", { class: "bar-end" }, status.element, review, theme)), status.banner, panel.element);
  const keys = new Keys(
    {
      confirm: () => panel.confirm(), dismiss: () => panel.reasonFor("dismissed"), inconclusive: () => panel.reasonFor("inconclusive"), message: () => panel.focusChat(), talk: () => panel.talk(), listen: () => panel.listen(),
      admit: () => panel.letIn(), identity: () => panel.identify(),
      flag: () => panel.deed((deeds, state, row) => deeds.flag(state, row)), warn: () => panel.deed((deeds, state, row) => deeds.warn(state, row)),
      keep: () => panel.deed((deeds, state, row) => deeds.keep(state, row)), note: () => panel.deed((deeds, state, row) => deeds.note(state, row)),
      break: () => panel.deed((deeds, state, row) => deeds.rest(state, row)), pause: () => panel.deed((deeds, state, row) => deeds.pause(state, row)),
      resubmit: () => panel.deed((deeds, state, row) => deeds.again(state, row)), inquire: () => panel.deed((deeds, state, row) => deeds.inquire(state, row)),
      undo: () => acts.undo(), help: () => showKeys(keys), escape: () => void panel.cancel(),
    },
    (digit) => panel.reason(digit),
  );
}

start(boot.attempt ?? "").catch((error: unknown) => {
  const problem = problemOf(error);
  root.replaceChildren(h("div", { class: "wall-problem" }, h("h1", {}, problem.sentence), h("p", {}, problem.hint),
    h("p", {}, h("button", { type: "button", onclick: () => location.reload() }, t("common.reload")), " ", h("a", { class: "button", href: "/" }, t("error.home")))));
});
