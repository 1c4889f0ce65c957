/** The own account: a passkey is added, recovery codes are printed. */

import "./styles/account.css";
import { post, Problem, problemOf } from "./lib/api";
import { write } from "./lib/dom";
import { create, possible, type ToCreate } from "./lib/passkey";
import { t } from "./lib/strings";

const print = document.querySelector<HTMLButtonElement>("[data-print]");
if (print) {
  print.hidden = false;
  print.addEventListener("click", () => window.print());
}

const form = document.querySelector<HTMLFormElement>("[data-passkey-add]");
const problem = form?.querySelector<HTMLElement>("[data-passkey-problem]");
const button = form?.querySelector<HTMLButtonElement>("button");

if (form && problem && button) {
  form.hidden = false;
  if (!possible()) {
    button.disabled = true;
    problem.hidden = false;
    write(problem, t("signin.passkey_not_here"));
  }
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    button.disabled = true;
    problem.hidden = true;
    add(new FormData(form))
      .then(() => location.reload())
      .catch((error: unknown) => {
        problem.hidden = false;
        write(problem, said(error));
        button.disabled = false;
      });
  });
}

async function add(said: FormData): Promise<void> {
  const asked = await post<ToCreate>("/account/passkeys/options", { password: said.get("password") ?? "" });
  const credential = await create(asked);
  await post("/account/passkeys", { name: said.get("name") ?? "", credential });
}

function said(error: unknown): string {
  if (error instanceof DOMException) return t(error.name === "InvalidStateError" ? "signin.passkey_there" : "signin.passkey_cancelled");
  const found = error instanceof Problem ? error : problemOf(error);
  return `${found.sentence} ${found.hint}`.trim();
}
