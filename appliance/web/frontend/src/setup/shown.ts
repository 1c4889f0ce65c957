/** What belongs to a choice is shown while it is chosen. Without this script all of it is shown. */

export function showChosen(form: HTMLFormElement): void {
  const parts = [...form.querySelectorAll<HTMLElement>("[data-shown]")];
  if (!parts.length) return;
  const show = (): void => {
    const chosen = new Set([...form.querySelectorAll<HTMLInputElement>("[data-shows]:checked")].map((one) => one.dataset["shows"]));
    for (const part of parts) part.hidden = !chosen.has(part.dataset["shown"]);
  };
  form.addEventListener("change", show);
  show();
}
