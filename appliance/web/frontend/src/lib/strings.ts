/** The words of the page, from the catalogue that the server put into it. */

type Catalogue = Readonly<Record<string, string>>;

let words: Catalogue | null = null;

/** For tests; pages read `<script id="strings">` by themselves. */
export function use(catalogue: Catalogue): void {
  words = catalogue;
}

function catalogue(): Catalogue {
  if (words === null) {
    const element = document.getElementById("strings");
    words = JSON.parse(element?.textContent || "{}") as Catalogue;
  }
  return words;
}

/** A sentence; `{name}` is replaced by the value of that name. A missing one shows its key, which the tests look for. */
export function t(key: string, values: Readonly<Record<string, string | number>> = {}): string {
  const sentence = catalogue()[key];
  if (sentence === undefined) {
    console.warn(`no sentence: ${key}`);
    return key;
  }
  return sentence.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

export function has(key: string): boolean {
  return catalogue()[key] !== undefined;
}

/** The sentence for so many: `key.one` or `key.other`. */
export function plural(key: string, n: number, values: Readonly<Record<string, string | number>> = {}): string {
  return t(`${key}.${n === 1 ? "one" : "other"}`, { ...values, n });
}
