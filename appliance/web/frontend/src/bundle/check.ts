/** The part of the page that verifies the bundle: choose, see it go on, read what was found. */

import { h, write } from "../lib/dom";
import { plural, t } from "../lib/strings";
import type { Boot } from "./boot";
import { Chosen, Served, type Folder } from "./proof/folder";
import { verify, type Finding, type Outcome } from "./proof/verify";

/** More findings are no list for a person. */
const MOST = 50;
const PROOFS = ["proof_1", "proof_2", "proof_3", "proof_4", "proof_5"];

export class Check {
  private readonly picker = h("input", { type: "file", webkitdirectory: true, multiple: true, class: "hidden", tabindex: -1, "aria-hidden": "true", id: "bundle-folder" });
  private readonly key = h("input", { id: "trusted-key", class: "code", autocomplete: "off", autocapitalize: "none", spellcheck: "false" });
  private readonly wrong = h("p", { class: "wrong", id: "trusted-key-wrong" });
  private readonly bar = h("progress", { max: 1, value: 0, "aria-label": t("bundle.check.title"), hidden: true });
  private readonly going = h("p", { class: "hint bd-going" });
  private readonly result = h("div", { class: "stack", role: "status" });
  private readonly buttons: HTMLButtonElement[];
  readonly element: HTMLElement;

  constructor(private readonly boot: Boot) {
    const served = location.protocol === "http:" || location.protocol === "https:";
    const choose = h("button", { type: "button", class: served ? "" : "primary", onclick: () => { if (this.trusted() !== false) this.picker.click(); } }, t(served ? "bundle.check.again" : "bundle.check.choose"));
    const serve = h("button", { type: "button", class: "primary", onclick: () => void this.run(new Served(new URL(".", location.href).href)) }, t("bundle.check.serve"));
    this.buttons = served ? [serve, choose] : [choose];
    this.picker.addEventListener("change", () => void this.chosen());
    this.picker.addEventListener("cancel", () => write(this.going, t("bundle.check.cancelled")));
    this.key.setAttribute("aria-describedby", "trusted-key-hint trusted-key-wrong");
    this.element = h("section", { class: "card stack bd-check", "aria-labelledby": "check-title" },
      h("h2", { id: "check-title" }, t("bundle.check.title")), h("p", {}, t("bundle.check.intro")),
      h("div", { class: "field" }, h("label", { for: "trusted-key" }, t("bundle.check.key")), h("p", { class: "hint", id: "trusted-key-hint" }, t("bundle.check.key_hint")), this.key, this.wrong),
      h("p", { class: "hint" }, t(boot.attempt === null ? "bundle.check.how_exam" : "bundle.check.how")),
      h("div", { class: "actions" }, ...this.buttons, this.picker), this.bar, this.going, this.result,
      h("details", {}, h("summary", {}, t("bundle.check.proves")), h("ul", { class: "bd-proofs" }, ...PROOFS.map((name) => h("li", {}, t(`bundle.check.${name}`))))));
  }

  private async chosen(): Promise<void> {
    const files = [...(this.picker.files ?? [])];
    if (files.length) await this.run(Chosen.from(files));
    this.picker.value = ""; // the same folder may be chosen again
  }

  /** The fingerprint that was typed; null: none; false: what was typed is none. */
  private trusted(): string | null | false {
    const said = this.key.value.replace(/[\s:]/g, "").toLowerCase();
    const well = said === "" || /^[0-9a-f]{64}$/.test(said);
    write(this.wrong, well ? "" : t("bundle.check.key_wrong", { n: said.length }));
    this.key.setAttribute("aria-invalid", String(!well));
    if (!well) this.key.focus();
    return well ? said || null : false;
  }

  private async run(folder: Folder): Promise<void> {
    const trusted = this.trusted();
    if (trusted === false) return;
    this.busy(true);
    try {
      const outcome = await verify(folder, this.boot, trusted, (done, all, file) => this.progress(done, all, file));
      this.tell(outcome, trusted !== null);
    } catch (error) {
      this.result.replaceChildren(h("p", { class: "verdict verdict-ill" }, t("bundle.check.failed", { what: error instanceof Error ? error.message : String(error) })));
    } finally {
      this.busy(false);
    }
  }

  private busy(busy: boolean): void {
    for (const button of this.buttons) button.disabled = busy;
    this.bar.hidden = !busy;
    this.bar.value = 0;
    write(this.going, busy ? t("bundle.check.beginning") : "");
    if (busy) this.result.replaceChildren();
  }

  private progress(done: number, all: number, file: string): void {
    this.bar.value = all ? done / all : 1;
    write(this.going, t("bundle.check.reading", { percent: all ? Math.floor((100 * done) / all) : 100, file }));
  }

  private tell(outcome: Outcome, trusted: boolean): void {
    const [first, ...more] = outcome.findings;
    const remarks = outcome.remarks.length ? h("div", {}, h("h3", {}, t("bundle.check.remarks")), h("ul", { class: "bd-proofs" }, ...outcome.remarks.slice(0, MOST).map((one) => h("li", {}, one)))) : null;
    const key = outcome.fingerprint ? h("p", { class: "bd-key" }, h("code", {}, outcome.fingerprint)) : null;
    this.result.replaceChildren(...(first ? bad(first, more) : good(outcome)), ...[key, key && h("p", {}, t(trusted ? "bundle.check.trusted" : "bundle.check.untrusted")), remarks].filter((one) => one !== null));
  }
}

function good(outcome: Outcome): HTMLElement[] {
  const { files, events, erased, attempts } = outcome;
  const counts = t("bundle.check.ok_counts", { files, events, erased, mb: (outcome.bytes / 1e6).toFixed(1) });
  return [h("p", { class: "verdict verdict-well" }, "✓ ", t("bundle.check.ok")), h("p", {}, ...(outcome.exams ? [t("bundle.check.ok_exam", { attempts }), " "] : []), counts)];
}

function bad(first: Finding, more: readonly Finding[]): HTMLElement[] {
  return [
    h("p", { class: "verdict verdict-ill" }, "✗ ", t("bundle.check.bad", { file: first.file, what: first.what })),
    h("p", {}, t("bundle.check.bad_next")),
    ...(more.length ? [h("p", {}, plural("bundle.check.bad_more", more.length)), h("ul", { class: "bd-proofs" }, ...more.slice(0, MOST).map((one) => h("li", {}, `${one.file}: ${one.what}`)))] : []),
    ...(more.length > MOST ? [h("p", { class: "hint" }, t("bundle.check.most", { n: MOST }))] : []),
  ];
}
