/** The categories of irregularities, as `exam.irregularity` has them: group and name, joined by a dot. */

export const CATEGORIES: readonly { group: string; names: readonly string[] }[] = [
  { group: "environment", names: ["comfort", "disturbance", "noise", "power_outage", "weather"] },
  { group: "examinee", names: ["behaviour", "complaint", "id_authorisation", "illness", "late", "navigation", "no_show"] },
  { group: "staff", names: ["behaviour", "compliance", "error", "late", "no_show"] },
  { group: "technical", names: ["freezing", "launching", "network", "printing", "workstation"] },
];

/** What fits nowhere. */
export const OTHER = "other";
