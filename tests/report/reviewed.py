"""What people make of an attempt, put into a real ledger: everything that review and retention can say, for tests."""

from appliance.exam import events
from appliance.exam.plan import ExamPlan
from tests.report.evidence import START, Evidence


def review(evidence: Evidence, attempt: str) -> None:
    """Decided and undone, noted, muted, watched, recommended, sampled, exported, held, deleted, taken."""
    first, second = (row["flag"] for row in _flags(evidence, attempt))
    with evidence.one_commit():
        _say(evidence, events.ExamPlanned(exam="bio", plan=ExamPlan(blind_minutes=4).to_json(), by="lea"), events.BOX)
        evidence.decide(attempt, first, "open")
        evidence.decide(attempt, first, "confirmed", "", "a phone after all")
        evidence.decide(attempt, second, "inconclusive", "unclear_picture", "too dark")
        for payload in (
            events.FlagNoted(note="n1", flag=first, text="Look at the second view.", by="rob", by_name="Rob"),
            events.RuleMuted(code="looking_away", muted=True, reason="a mirror", by="lea", by_name="Lea"),
            events.RuleMuted(code="looking_away", muted=False, reason="", by="lea", by_name="Lea"),
            events.RecordingWatched(kinds=["webcam"], starts_at=START, ends_at=START + 30, speed=2.0, by="pia"),
            events.RecordingWatched(kinds=["screen"], starts_at=START + 20, ends_at=START + 45, speed=1.0, by="lea"),
            events.FeedViewed(kind="webcam", by="pia", what="recording"),
            events.FeedViewed(kind="webcam", by="pia", what="recording"),
            events.ReportTaken(file="report.pdf", by="lea"),
            events.SampleDrawn(sample="s1", starts_at=START, ends_at=START + 60, seed="x", among=9, by="pia"),
            events.SampleJudged(sample="s1", verdict="found", flag=None, text="a note", by="pia"),
            events.SampleDrawn(sample="s2", starts_at=START + 60, ends_at=START + 120, seed="y", among=9, by="pia"),
            events.SampleJudged(sample="s2", verdict="clear", flag=None, text="", by="pia"),
            events.SampleDrawn(sample="s3", starts_at=START + 120, ends_at=START + 180, seed="z", among=9, by="pia"),
            events.SampleJudged(sample="s3", verdict="unclear", flag=None, text="", by="pia"),
            events.ExportAsked(
                export="e1",
                kinds=["webcam", "screen"],
                starts_at=START,
                ends_at=START + 20,
                masked=True,
                reason="the board asked",
                factor="totp",
                by="lea",
                by_name="Lea",
            ),
            events.ExportMade(
                export="e1", folder="exports/e1", files={"clip.mp4": "e" * 64}, bytes=9, in_s=0.5, out_s=20.5, holes=[]
            ),
            events.ExportTaken(export="e1", file="clip.mp4", by="lea"),
            events.HoldPlaced(hold="h1", exam="bio", attempt=attempt, reason="an appeal", by="ina", by_name="Ina"),
            events.HoldLifted(hold="h1", reason="settled", by="ina"),
            events.MediaDeleted(what="identity", files=["bio/x/id.jpg"], bytes=70_000, why="date", due_at=START),
        ):
            _say(evidence, payload, attempt)


def recommend(evidence: Evidence, attempt: str, name: str = "r1", kind: str = "refer") -> None:
    """Rob recommends it; nobody has answered."""
    made = events.RecommendationMade(recommendation=name, kind=kind, text="Twice.", by="rob", by_name="Rob")
    _say(evidence, made, attempt)


def answer(evidence: Evidence, attempt: str, name: str = "r1", *, agreed: bool) -> None:
    """Rea says what she thinks of it."""
    said = events.RecommendationAnswered(recommendation=name, agreed=agreed, text="Seen.", by="rea", by_name="Rea")
    _say(evidence, said, attempt)


def _flags(evidence: Evidence, attempt: str) -> list[dict[str, str]]:
    from appliance.ledger import state

    def work(transaction):
        return [{"flag": row.flag} for row in state.flags(transaction.connection, attempt=attempt)]

    return evidence.writer.transact(work)


def _say(evidence: Evidence, payload: events.Payload, chain: str) -> None:
    evidence.append(payload, chain, actor="lea")
