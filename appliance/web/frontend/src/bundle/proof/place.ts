/** Names in a bundle, as `exam/place.py` makes them. Pure. */

const BESIDE = new Set(["snapshots", "identity", "kept", "pages", "paper", "scans"]);

/** `ledger.jsonl`, 2 -> `ledger-2.jsonl`. */
export function numbered(name: string, number: number): string {
  if (number === 1) return name;
  const at = name.lastIndexOf(".");
  return at > name.lastIndexOf("/") ? `${name.slice(0, at)}-${number}${name.slice(at)}` : `${name}-${number}`;
}

/** Where a file of the box's media folder stands in its attempt's bundle; null: it is not of that attempt. */
export function placeOf(path: string, exam: string, attempt: string): string | null {
  const parts = path.split("/");
  if (parts.length !== 4 || parts[0] !== exam || parts[1] !== attempt || parts.includes("..")) return null;
  const inner = parts.slice(2).join("/");
  return BESIDE.has(parts[2] ?? "") ? inner : `media/${inner}`;
}
