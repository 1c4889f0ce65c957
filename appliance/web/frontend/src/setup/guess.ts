/** What the page can fill in by itself: the time zone of this device, short names from the lab's. */

export function guessZone(select: HTMLSelectElement): void {
  if (!("guess" in select.dataset)) return;
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if ([...select.options].some((option) => option.value === here)) select.value = here;
}

/** "Physik 2.14 (Süd)" -> physik-2-14-sued */
export function short(name: string): string {
  return name
    .toLowerCase()
    .replace(/ä/g, "ae")
    .replace(/ö/g, "oe")
    .replace(/ü/g, "ue")
    .replace(/ß/g, "ss")
    .normalize("NFKD")
    .replace(/\p{Mark}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-+|-+$/g, "")
    .slice(0, 40)
    .replace(/-+$/, "");
}

/** While nobody has typed into the short name of the box, it follows the lab's name. */
export function fillNames(form: HTMLFormElement): void {
  const name = form.querySelector<HTMLInputElement>("[name=lab_name]");
  const box = form.querySelector<HTMLInputElement>("[name=box]");
  if (!name || !box) return;
  let follows = box.value === "";
  box.addEventListener("input", () => (follows = box.value === ""));
  name.addEventListener("input", () => {
    if (follows) box.value = short(name.value);
  });
}
