/** The page of a bundle: opened by double click, offline, with nothing else installed. */

import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/forms.css";
import "./styles/wall.css";
import "./styles/next.css";
import "./styles/review.css";
import "./styles/bundle.css";
import { AttemptPage } from "./bundle/attempt";
import { zoneOf, type Boot } from "./bundle/boot";
import { Check } from "./bundle/check";
import { examPage } from "./bundle/exam";
import { numbered } from "./bundle/proof/place";
import { synchronise, time, useZone } from "./lib/clock";
import { byId, data, h } from "./lib/dom";
import { t, use } from "./lib/strings";
import { toggleTheme } from "./lib/theme";
import { dateOf } from "./review/items";

const boot = data<Boot>("boot");
use(boot.words);
const zone = zoneOf(boot);
if (zone !== null) useZone(zone);
synchronise(boot.made_at);

/** Before anything else: what a reader must know. */
function notes(): HTMLElement[] {
  const said = boot.report;
  const sentences = [
    boot.attempt !== null && !said ? t(isRoom() ? "bundle.room" : "bundle.unreadable") : "",
    said?.provisional ? t("bundle.provisional") : "",
    boot.synchronised ? "" : t("bundle.unsynchronised"),
    boot.open_feeds.length ? t("bundle.open_feeds", { kinds: boot.open_feeds.map((kind) => t(`kind.${kind}`)).join(", ") }) : "",
  ].filter(Boolean);
  return sentences.map((one) => h("p", { class: "problem mild" }, one));
}

/** A room has cameras and nothing else. */
function isRoom(): boolean {
  return boot.reports.length === 0;
}

function facts(): HTMLElement {
  const number = boot.number;
  const made = `${dateOf(boot.made_at)}, ${time(boot.made_at)}`;
  const points = boot.report?.open_points ?? [];
  return h("section", { class: "rv-panel", "aria-labelledby": "files-title" },
    h("h2", { id: "files-title" }, t("bundle.files")),
    h("p", { class: "actions" }, ...boot.reports.map((file) => h("a", { href: file }, file.split("/").at(-1) ?? file)), boot.attempt === null ? null : h("a", { href: "../index.html" }, t("bundle.to_exam")), number > 1 ? h("a", { href: numbered("index.html", number - 1) }, t("bundle.page_before")) : null),
    points.length ? h("details", {}, h("summary", {}, t("bundle.open_points")), h("ul", { class: "bd-proofs" }, ...points.map((one) => h("li", {}, one)))) : null,
    boot.withheld.length ? h("details", {}, h("summary", {}, t("bundle.withheld")), h("ul", { class: "bd-proofs" }, ...boot.withheld.map(([file, reason]) => h("li", {}, `${file}: ${reason}`)))) : null,
    h("p", { class: "hint" }, t("bundle.about")),
    h("p", { class: "hint" }, t("bundle.page_of", { site: boot.site, box: boot.box, path: [boot.exam, boot.attempt].filter(Boolean).join("/"), number, date: made }), " ", t("bundle.page_newer", { file: numbered("index.html", number + 1) }), " ", t("bundle.played")));
}

function title(): string {
  const said = boot.report;
  if (boot.attempt === null) return boot.exam_title ?? boot.exam;
  return said?.name !== undefined ? t("bundle.subject_attempt", { name: said.name, seat: said.seat ?? "" }) : isRoom() ? t("bundle.subject_room") : boot.attempt;
}

function start(): void {
  const keysButton = h("button", { type: "button", class: "quiet small", hidden: true }, h("kbd", { "aria-hidden": "true" }, "?"), t("bundle.keys"));
  byId("bundle-bar").append(h("h1", {}, title()), boot.attempt === null ? "" : h("span", { class: "muted" }, boot.exam_title ?? boot.exam),
    h("div", { class: "bar-end" }, h("a", { class: "button small", href: "#check-title" }, t("bundle.verify")), keysButton, h("button", { type: "button", class: "quiet small", onclick: () => toggleTheme() }, t("bundle.theme"))));
  const check = new Check(boot).element;
  const main = byId("main");
  if (boot.attempt === null) {
    main.append(h("div", { class: "sheet" }, ...notes(), examPage(boot), facts(), check));
    return;
  }
  const page = new AttemptPage(boot, [facts()]);
  main.append(...notes(), page.element, h("div", { class: "bd-below" }, check));
  const help = page.keys();
  keysButton.hidden = false;
  keysButton.addEventListener("click", () => help());
}

start();
