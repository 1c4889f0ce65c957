/** Small sums of the planner's pages. */

/** So many proctors are needed. */
export function countNeeded(candidates: number, ratio: number): number {
  return Math.ceil(candidates / ratio);
}

/** Rows as CSV (RFC 4180). A cell that a spreadsheet would take for a formula is quoted with an apostrophe. */
export function csv(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return rows.map((row) => row.map(cell).join(",") + "\r\n").join("");
}
