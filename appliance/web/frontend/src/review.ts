/** The review of one attempt, on a page. */

import "./styles/wall.css";
import "./styles/next.css";
import "./styles/look.css";
import "./styles/review.css";
import { get, Problem, problemOf } from "./lib/api";
import { everySecond, synchronise, useZone } from "./lib/clock";
import { byId, data, h } from "./lib/dom";
import { t } from "./lib/strings";
import { toggleTheme } from "./lib/theme";
import { Keys, showKeys } from "./review/keys";
import { reviewUrl } from "./review/known";
import { ReviewPage, type ReviewBoot } from "./review/page";
import type { Review } from "./review/types";
import { line as lineView } from "./wall/bar";
import { Follow } from "./wall/follow";

const boot = data<ReviewBoot>("boot");
const root = byId("review");

async function start(): Promise<void> {
  useZone(boot.zone);
  const review = await get<Review>(reviewUrl(boot.attempt, boot.sample));
  if (boot.sample && !review.sample) throw new Problem(409, t("reviewing.sample.gone"), t("reviewing.sample.gone_hint"));
  synchronise(review.now);
  let follow: Follow | null = null;
  const page = new ReviewPage(review, boot, () => follow?.live ?? false);
  follow = new Follow(boot.exam.exam, review.seq, { events: (events) => page.heard(events) });
  const status = lineView(follow.line);
  const keys = new Keys({
    commands: {
      play: () => page.toggle(), back: () => page.move(-10), on: () => page.move(10), frame_back: () => page.step(-1), frame_on: () => page.step(1),
      slower: () => page.faster(-1), faster: () => page.faster(1), zoom: () => page.zoom(), go: () => page.deeds.go(),
      ...(review.may.raise ? { flag: () => page.deeds.raise() } : {}),
      ...(review.sample ? {} : {
        next: () => page.walk(1), previous: () => page.walk(-1), stop: () => page.toggleStop(), skip: () => page.toggleSkip(),
        in: () => page.deeds.mark("in"), out: () => page.deeds.mark("out"),
      }),
      ...(review.may.decide && !review.sample ? { confirm: () => page.confirm(), dismiss: () => page.because("dismissed"), inconclusive: () => page.because("inconclusive") } : {}),
      ...(review.may.discuss && !review.sample ? { note: () => page.write() } : {}),
      ...(review.may.export && !review.sample ? { export: () => page.deeds.export() } : {}),
      ...(review.may.mute && !review.sample ? { mute: () => page.deeds.mute() } : {}),
      help: () => showKeys(keys),
    },
    move: (seconds) => page.move(seconds),
    ends: (way) => page.ends(way),
    digit: (digit) => page.digit(digit),
    escape: () => page.escape(),
  });
  root.replaceChildren(header(review, page, keys, status.element), status.banner, page.element);
  const asked = new URLSearchParams(location.search);
  page.begin(Number(asked.get("at")) || null, asked.get("flag"));
  everySecond(() => page.tick());
  addEventListener("pagehide", () => page.leave());
}

function header(review: Review, page: ReviewPage, keys: Keys, status: HTMLElement): HTMLElement {
  const titles = review.sample ? [h("h1", {}, t("reviewing.sample.title")), h("span", { class: "muted" }, review.exam.title)]
    : [h("h1", {}, t("reviewing.title", { seat: review.seat, name: review.name })), h("span", { class: "muted" }, review.exam.title), h("span", { class: "muted" }, t(`stage.${review.stage}`))];
  return h("header", { class: "wall-bar rv-bar" },
    h("a", { class: "button small", href: `/review/${review.exam.exam}` }, t("reviewing.back")), ...titles,
    h("div", { class: "bar-end" }, status,
      review.may.export && !review.sample ? h("button", { type: "button", class: "small", onclick: () => page.deeds.export() }, h("kbd", { "aria-hidden": "true" }, "E"), t("reviewing.export")) : null,
      review.sample ? null : h("a", { class: "button small", href: `/look/${review.attempt}` }, t("reviewing.look")),
      h("button", { type: "button", class: "quiet small", onclick: () => showKeys(keys) }, h("kbd", { "aria-hidden": "true" }, "?"), t("wall.keys")),
      h("button", { type: "button", class: "quiet small", onclick: () => toggleTheme() }, t("nav.theme"))));
}

start().catch((error: unknown) => {
  const problem = problemOf(error);
  root.replaceChildren(h("div", { class: "wall-problem" }, h("h1", {}, problem.sentence), h("p", {}, problem.hint),
    h("p", { class: "actions" }, h("button", { type: "button", onclick: () => location.reload() }, t("common.reload")), h("a", { class: "button", href: `/review/${boot.exam.exam}` }, t("reviewing.back")))));
});
