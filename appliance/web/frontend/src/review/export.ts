/** Evidence leaves the box: which feeds, from when to when, what for, and the password again. What was written stays
 * until the box has it; then the same place says how far the clip is. */

import "../styles/export.css";
import { get, post, Problem } from "../lib/api";
import { duration } from "../lib/clock";
import { ask } from "../lib/dialog";
import { h, write } from "../lib/dom";
import { t } from "../lib/strings";
import type { Kind } from "../lib/types";
import { row } from "../wall/wire";
import { timeField, wallOf } from "./moments";
import type { Review } from "./types";

/** One clip, as `GET /api/review/ATTEMPT/exports` has it. */
export interface Export {
  export: string;
  state: "waiting" | "ready" | "failed" | "gone";
  trouble: string;
  unmasked: boolean;
  url: string;
}

export interface Exports {
  exports: Export[];
  /** Whoever asks has a second factor set up. */
  factor: boolean;
  /** Nobody exports here without one. */
  needs_factor: boolean;
}

const PICTURES: readonly Kind[] = ["webcam", "screen", "phone", "camera"];
const EVERY_MS = 1000;

/** Where the clips of an exam are listed. */
const listOf = (review: Review): string => `/review/${review.exam.exam}/exports`;
const wayOf = (review: Review): string => `/api/review/${review.attempt}/exports`;

export function exportDialog(review: Review, from: number, to: number): void {
  const kinds = review.feeds.map((feed) => feed.kind).filter((kind) => PICTURES.includes(kind));
  const boxes = kinds.map((kind) => h("input", { type: "checkbox", id: `export-${kind}`, value: kind, checked: kind !== "camera" }));
  const starts = timeField("export-from", from);
  const ends = timeField("export-to", to);
  const length = h("p", { class: "hint", "aria-live": "polite" });
  const masked = h("input", { type: "checkbox", id: "export-masked", "aria-describedby": "export-masked-about" });
  const reason = h("textarea", { id: "export-reason", rows: 2, maxlength: 500, required: true });
  const password = h("input", { type: "password", id: "export-password", autocomplete: "current-password", maxlength: 200, required: true });
  const code = h("input", { id: "export-code", inputmode: "numeric", autocomplete: "one-time-code", maxlength: 12 });
  const proof = h("div", { hidden: true }, row(t("export.code"), code));

  const measure = (): void => {
    const span = spanOf(starts.value, ends.value, from, to);
    write(length, span === null ? t("export.not_a_time") : span.to <= span.from ? t("export.wrong_order") : t("export.length", { length: duration(span.to - span.from) }));
  };
  for (const field of [starts, ends]) for (const type of ["input", "keyup"]) field.addEventListener(type, measure);
  measure();

  void get<Exports>(wayOf(review)).then((said) => {
    proof.hidden = !said.factor;
    if (said.factor) code.required = true;
    else if (said.needs_factor) proof.replaceWith(h("p", { class: "wrong" }, `${t("account.needed")} `, h("a", { href: "/account" }, t("export.set_up"))));
  }).catch(() => { proof.hidden = false; }); // the box says it when it is asked

  ask({
    title: t("export.title"),
    body: [
      h("p", { class: "muted" }, t("export.intro")),
      h("fieldset", { class: "export-feeds" }, h("legend", {}, t("export.feeds")), ...kinds.map((kind, index) =>
        h("label", { class: "export-tick" }, boxes[index], ` ${t(`kind.${kind}`)}`))),
      h("div", { class: "export-times" }, row(t("export.begin"), starts), row(t("export.end"), ends)),
      length,
      h("p", { class: "hint" }, t("export.time_hint")),
      h("label", { class: "export-tick" }, masked, ` ${t("export.masked")}`),
      h("p", { class: "hint", id: "export-masked-about" }, t("export.masked_hint")),
      row(t("export.reason"), reason, t("export.reason_hint")),
      row(t("export.password"), password),
      proof,
    ],
    go: t("export.go"),
    run: async () => {
      const span = spanOf(starts.value, ends.value, from, to);
      const chosen = boxes.filter((box) => box.checked).map((box) => box.value);
      if (span === null) throw new Problem(400, t("export.not_a_time"), "");
      if (span.to <= span.from) throw new Problem(400, t("export.wrong_order"), "");
      if (!chosen.length) throw new Problem(400, t("export.no_feed"), "");
      const said = await post<{ export: string }>(wayOf(review), {
        kinds: chosen, starts_at: span.from, ends_at: span.to, masked: masked.checked,
        reason: reason.value.trim(), password: password.value, code: code.value,
      });
      progress(review, said.export);
    },
  });
  reason.focus();
}

/** The fields know whole seconds; where nobody changed one, the moment itself counts. */
export function spanOf(starts: string, ends: string, from: number, to: number): { from: number; to: number } | null {
  const typed = [wallOf(starts, from), wallOf(ends, to)] as const;
  if (typed[0] === null || typed[1] === null) return null;
  const exact = (at: number, moment: number): number => (Math.abs(at - moment) < 1 ? moment : at);
  return { from: exact(typed[0], from), to: exact(typed[1], to) };
}

/** How far it is, until it is there or has failed, in words. */
function progress(review: Review, own: string): void {
  const state = h("p", { role: "status" }, t(review.live ? "export.waiting_live" : "export.waiting"));
  const more = h("div", { class: "stack" });
  const list = h("a", { href: listOf(review) }, t("export.save_list"));
  const close = h("button", { type: "button", class: "primary", onclick: () => dialog.close() }, t("export.close"));
  const dialog = h("dialog", { "aria-labelledby": "export-progress", class: "export-progress" },
    h("div", { class: "stack" }, h("h2", { id: "export-progress" }, t("export.title")), state, more, h("p", {}, list), h("div", { class: "actions" }, close)));
  let timer = 0;
  const look = async (): Promise<void> => {
    try {
      const found = (await get<Exports>(wayOf(review))).exports.find((one) => one.export === own);
      if (found && found.state !== "waiting") return show(found, state, more);
      write(state, t(review.live ? "export.waiting_live" : "export.waiting"));
    } catch {
      write(state, t("export.lost"));
    }
    if (dialog.open) timer = window.setTimeout(() => void look(), EVERY_MS);
  };
  dialog.addEventListener("close", () => { window.clearTimeout(timer); dialog.remove(); });
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
  void look();
}

function show(found: Export, state: HTMLElement, more: HTMLElement): void {
  if (found.state === "ready") {
    write(state, t("export.ready"));
    if (found.unmasked) more.append(h("p", {}, h("strong", {}, t("export.unmasked")), ` ${t("export.unmasked_hint")}`));
    more.append(h("p", {}, h("a", { class: "button primary", href: `${found.url}EXPORT.zip`, download: "" }, t("export.save"))));
  } else {
    const why = found.trouble ? `${t(`export.trouble.${found.trouble}`)} ${t(`export.trouble_hint.${found.trouble}`)}` : "";
    write(state, `${t(`export.state.${found.state}`)} ${why}`.trim());
  }
}
