/** The door for staff: a passkey, and whether the site's own sign-in is there. */

import "./styles/account.css";
import { get, post, Problem, problemOf } from "./lib/api";
import { write } from "./lib/dom";
import { get as prove, possible, type ToGet } from "./lib/passkey";
import { t } from "./lib/strings";

const way = document.querySelector<HTMLElement>("[data-passkey-way]");
const button = way?.querySelector<HTMLButtonElement>("[data-passkey]");
const problem = way?.querySelector<HTMLElement>("[data-passkey-problem]");

if (way && button && problem && possible()) {
  way.hidden = false;
  button.addEventListener("click", () => {
    button.disabled = true;
    problem.hidden = true;
    enter(button.dataset["next"] ?? "")
      .then((where) => location.assign(where))
      .catch((error: unknown) => {
        problem.hidden = false;
        write(problem, said(error));
        button.disabled = false;
      });
  });
}

async function enter(next: string): Promise<string> {
  const asked = await post<ToGet>("/sign-in/passkey/options");
  const credential = await prove(asked);
  return (await post<{ next: string }>("/sign-in/passkey", { credential, next })).next;
}

function said(error: unknown): string {
  if (error instanceof DOMException) return t("signin.passkey_cancelled");
  const found = error instanceof Problem ? error : problemOf(error);
  return `${found.sentence} ${found.hint}`.trim();
}

const away = document.querySelector<HTMLElement>("[data-provider-away]");
if (away) {
  get<{ up: boolean }>("/sign-in/oidc/status")
    .then(({ up }) => write(away, up ? "" : (away.dataset["providerAway"] ?? "")))
    .catch(() => write(away, away.dataset["providerAway"] ?? ""));
}
