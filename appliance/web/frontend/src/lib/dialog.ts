/** A modal question. The browser's own <dialog> keeps the focus inside and gives it back. */

import { problemOf } from "./api";
import { h } from "./dom";
import { t } from "./strings";
import { toast } from "./toast";

interface Question {
  title: string;
  body: Node[];
  go: string;
  cancel?: string;
  danger?: boolean;
  /** May it be left without an answer? */
  mustAnswer?: boolean;
  /** Runs on `go`; the dialog stays, and says why, when it throws a Problem. What it returns is said afterwards. */
  run: () => Promise<string | void>;
}

let count = 0;

export function ask(question: Question): HTMLDialogElement {
  const id = `dialog-${++count}`;
  const wrong = h("p", { class: "wrong", role: "alert" });
  const go = h("button", { class: question.danger ? "danger" : "primary" }, question.go);
  const cancel = h("button", { type: "button", onclick: () => dialog.close() }, question.cancel ?? t("common.cancel"));
  const form = h(
    "form",
    { class: "stack", method: "dialog" },
    h("h2", { id }, question.title),
    ...question.body,
    wrong,
    h("div", { class: "actions" }, go, question.mustAnswer ? null : cancel),
  );
  const dialog = h("dialog", { "aria-labelledby": id }, form);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go.disabled = true;
    wrong.textContent = "";
    question
      .run()
      .then((done) => {
        dialog.close();
        if (done) toast(done);
      })
      .catch((error: unknown) => {
        const problem = problemOf(error);
        wrong.textContent = `${problem.sentence} ${problem.hint}`.trim();
      })
      .finally(() => {
        go.disabled = false;
      });
  });
  if (question.mustAnswer) {
    dialog.addEventListener("cancel", (event) => event.preventDefault());
    // Chromium lets a second Escape through whatever the page says: it opens again
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Escape") event.preventDefault();
    });
  }
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}
