/** What a reviewer does, at the box. Offline nothing pretends to be saved; a decision can be undone by a new one. */

import { post, Problem } from "../lib/api";
import { t } from "../lib/strings";
import { complain, toast } from "../lib/toast";
import type { Flag } from "../lib/types";
import { flagTitle } from "../lib/words";
import type { Reasoned } from "../wall/items";
import { Wire } from "../wall/wire";
import type { RecommendationKind } from "./types";

const UNDO_SECONDS = 10;

export type Decision = "confirmed" | "open" | Reasoned;

export interface NewFlag {
  starts_at: number;
  ends_at: number | null;
  code: string;
  severity: string;
  kind: string;
  note: string;
}

export class Acts {
  readonly wire: Wire;

  /** `again`: what is shown is no longer so; ask the box. */
  constructor(
    private readonly attempt: string,
    live: () => boolean,
    private readonly again: () => void,
  ) {
    this.wire = new Wire(live);
  }

  /** Said to the box together with what it was: who decided meanwhile is told, and nothing is overwritten. */
  async decide(flag: Flag, decision: Decision, reason = ""): Promise<void> {
    try {
      this.wire.needLine();
      await post(`/api/flags/${flag.flag}/decide`, { decision, reason, note: "", was: flag.state });
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 409) return complain(error);
      toast(`${error.sentence} ${error.hint}`.trim(), { seconds: 8 }); // somebody was faster: no fault of anybody
      return this.again();
    }
    const done = t("reviewing.done.decided", { title: flagTitle(flag), decision: t(`decision.${decision}`) });
    const now = { ...flag, state: decision as Flag["state"] };
    toast(done, decision === "open" ? {} : { seconds: UNDO_SECONDS, action: { label: t("common.undo"), run: () => void this.decide(now, "open") } });
  }

  /** These throw a Problem, so that the words stay where they were written. */
  async note(flag: string, text: string): Promise<void> {
    this.wire.needLine();
    await post(`/api/review/flags/${flag}/notes`, { text });
  }

  async raise(flag: NewFlag): Promise<string> {
    this.wire.needLine();
    return (await post<{ flag: string }>(`/api/review/${this.attempt}/flags`, flag)).flag;
  }

  async mute(code: string, reason: string): Promise<void> {
    this.wire.needLine();
    await post(`/api/review/${this.attempt}/mute`, { code, muted: true, reason });
  }

  async recommend(kind: RecommendationKind, text: string): Promise<void> {
    this.wire.needLine();
    await post(`/api/review/${this.attempt}/recommend`, { kind, text });
    this.again();
  }

  async answer(recommendation: string, agreed: boolean, text: string): Promise<void> {
    this.wire.needLine();
    await post(`/api/review/recommendations/${recommendation}/answer`, { agreed, text });
    this.again();
  }

  async withdraw(recommendation: string, text: string): Promise<void> {
    this.wire.needLine();
    await post(`/api/review/recommendations/${recommendation}/withdraw`, { text });
    this.again();
  }

  async outcome(outcome: string): Promise<void> {
    this.wire.needLine();
    await post(`/api/review/${this.attempt}/outcome`, { outcome });
    this.again();
  }

  async judge(sample: string, verdict: "clear" | "found" | "unclear", text: string, flag: string | null): Promise<void> {
    this.wire.needLine();
    await post(`/api/review/samples/${sample}/judge`, { verdict, text, flag });
  }
}
