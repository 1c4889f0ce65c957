"""The check-out: what it needs, who may say so, and the release that ends the attempt."""

import pytest

from appliance.errors import BadInput, NotAllowed, NotFound
from appliance.exam import paper
from appliance.exam.events import BOX, ExamPlanned, PaperUploaded, SegmentClosed
from appliance.exam.paper import HandedIn, Need
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan
from appliance.exam.stage import Stage
from appliance.ledger import checkout as rows
from appliance.ledger import state
from appliance.ledger.actions import attempts, checkout
from appliance.ledger.record import Draft
from tests.ledger import world as a_world

COMPUTER = {"check_out": CheckOut.PROCTOR}
PAPER = {"kind": ExamKind.PAPER, "check_out": CheckOut.PROCTOR, "pages": True, "scratch": True}


@pytest.mark.parametrize(
    ("plan", "there", "missing"),
    [
        ({}, {}, []),
        (COMPUTER, {}, ["submitted"]),
        (COMPUTER, {"ticks": frozenset({"submitted"})}, []),
        ({**COMPUTER, "scratch": True}, {"ticks": frozenset({"submitted"})}, ["scratch"]),
        (PAPER, {}, ["paper", "count", "scratch"]),
        (PAPER, {"photos": 3, "counted": 3, "unreadable": [2]}, ["readable", "scratch"]),
        (PAPER, {"photos": 3, "counted": 2, "ticks": frozenset({"scratch"})}, ["count"]),
        (PAPER, {"photos": 3, "counted": 3, "ticks": frozenset({"scratch"})}, []),
        (PAPER, {"photos": 3, "unreadable": [1], "pdf_pages": 5, "counted": 5, "ticks": frozenset({"scratch"})}, []),
        (PAPER, {"pdf_pages": 5, "counted": 3, "ticks": frozenset({"scratch"})}, ["count"]),
    ],
)
def test_what_is_missing_follows_from_the_plan(plan, there, missing):
    assert paper.missing(ExamPlan(**plan), HandedIn(**there)) == tuple(map(Need, missing))


@pytest.mark.parametrize(
    ("sharpness", "light", "troubles"),
    [(0.5, 200, []), (0.02, 200, ["blurred"]), (0.5, 40, ["dark"]), (0.02, 40, ["dark", "blurred"])],
)
def test_M86_a_page_is_blurred_or_dark(sharpness, light, troubles):
    assert paper.troubles(sharpness, light) == tuple(map(paper.Trouble, troubles))


class Hall:
    """One candidate who has handed in."""

    def __init__(self, writer, **plan):
        self.writer = writer
        world = a_world.build(writer, seats=1)
        said = ExamPlanned(exam="bio", plan=ExamPlan(**plan).checked().to_json(), by="test")
        writer.append(Draft(payload=said, chain=BOX, exam="bio", actor="test"))
        self.attempt = a_world.bring_to_exam(writer, world, "1")

    def do(self, action, **said):
        return self.writer.transact(lambda t: action(t, self.attempt, **said))

    def page(self, number, *, sharpness=0.5):
        said = {"number": number, "path": f"p{number}.jpg", "sha256": f"{number:064}", "bytes_": 9, "light": 200.0}
        return self.do(checkout.photograph, sharpness=sharpness, **said)

    @property
    def stage(self):
        return self.writer.transact(lambda t: state.attempt(t.connection, self.attempt)).stage

    @property
    def pages(self):
        return self.writer.transact(lambda t: rows.pages(t.connection, attempt=self.attempt))


@pytest.fixture
def hall(writer):
    def build(**plan):
        made = Hall(writer, **plan)
        made.do(attempts.finish)
        return made

    return build


def test_M83_the_proctor_confirms_and_releases(hall, reader):
    here = hall(**COMPUTER)
    assert here.stage is Stage.CHECK_OUT
    with pytest.raises(NotAllowed, match="submitted"):
        here.do(checkout.release, by="pia", made=None)
    for action, said in ((checkout.tick, {"tick": "submitted"}), (checkout.release, {"made": None})):
        with pytest.raises(NotAllowed, match="your proctor does this"):
            here.do(action, by="candidate", **said)
    here.do(checkout.tick, tick="submitted", by="pia")
    here.do(checkout.tick, tick="submitted", by="pia")
    with pytest.raises(BadInput):
        here.do(checkout.tick, tick="scratch", by="pia")
    here.do(checkout.release, by="pia", made=None)
    assert here.stage is Stage.SUBMITTED
    ticked = reader.events(types=frozenset({"checkout.ticked"}), chain=here.attempt)
    assert [event.payload.tick for event in ticked] == ["submitted", "released"]
    with pytest.raises(NotAllowed):
        here.do(checkout.tick, tick="submitted", by="pia")


def test_M83_where_it_is_the_candidates_the_candidate_ticks_and_goes(hall):
    here = hall(check_out=CheckOut.CANDIDATE)
    with pytest.raises(NotAllowed, match="submitted"):
        here.do(checkout.release, by="candidate", made=None)
    with pytest.raises(NotAllowed, match="no pages"):
        here.page(1)
    here.do(checkout.tick, tick="submitted", by="candidate")
    here.do(checkout.release, by="candidate", made=None)
    assert here.stage is Stage.SUBMITTED


def test_M84_pages_come_in_order_a_retake_replaces_and_an_order_can_be_changed(hall, reader):
    here = hall(**PAPER)
    with pytest.raises(BadInput, match="not the next one"):
        here.page(2)
    first, second = here.page(1), here.page(2, sharpness=0.01)
    here.do(checkout.accept, page=second, by="pia")
    here.page(3)
    third = here.page(3)  # taken again
    assert [page.page for page in here.pages] == [first, second, third]
    here.do(checkout.reorder, order=[second, first, third])
    assert [(page.number, page.path, page.accepted_by) for page in here.pages] == [
        (1, "p2.jpg", "pia"),
        (2, "p1.jpg", None),
        (3, "p3.jpg", None),
    ]
    with pytest.raises(NotAllowed, match="not the pages"):
        here.do(checkout.reorder, order=[first, first, third])
    kept = reader.events(types=frozenset({"page.photographed"}), chain=here.attempt)
    assert len(kept) == 6  # nothing is deleted: four photos, two of which were moved


def test_M86_the_release_is_blocked_until_the_count_is_right_and_each_page_can_be_read(hall):
    here = hall(**PAPER)
    here.page(1)
    poor = here.page(2, sharpness=0.001)
    here.do(checkout.tick, tick="scratch", by="pia")
    steps = [
        (lambda: None, "cannot be read"),
        (lambda: here.do(checkout.accept, page=poor, by="pia"), "count of pages"),
        (lambda: here.do(checkout.count, pages=3, by="pia"), "count of pages"),
    ]
    for step, why in steps:
        step()
        with pytest.raises(NotAllowed, match=why):
            here.do(checkout.release, by="pia", made=None)
    here.do(checkout.count, pages=2, by="pia")
    made = PaperUploaded(path="made.pdf", sha256="0" * 64, bytes=9, pages=2, made=True)
    of = [page.page for page in here.pages]
    with pytest.raises(NotAllowed, match="taken again"):
        here.do(checkout.release, by="pia", made=(made, of[:1]))
    here.do(checkout.release, by="pia", made=(made, of))
    assert here.stage is Stage.SUBMITTED
    with pytest.raises(NotFound):
        here.writer.transact(lambda t: checkout.accept(t, "nobody", "x", by="pia"))


def test_M84_what_was_sent_last_counts_a_pdf_or_photos(hall):
    here = hall(**PAPER)
    here.page(1, sharpness=0.001)
    here.do(checkout.upload, path="a.pdf", sha256="1" * 64, bytes_=9, pages=4)
    there = here.writer.transact(lambda t: checkout.state_of(t.connection, here.attempt))
    assert (there.pages, there.pdf_pages) == (4, 4)
    here.page(2)
    there = here.writer.transact(lambda t: checkout.state_of(t.connection, here.attempt))
    assert (there.pages, there.pdf_pages, there.unreadable) == (2, None, (1,))


def test_M88_the_tick_for_scratch_paper_says_where_the_recording_shows_it(hall, reader):
    here = hall(**PAPER)
    now = here.writer.transact(lambda t: t.now)
    segment = {"kind": "webcam", "number": 1, "path": "a.mp4", "position": 0.0, "duration": 30.0, "bytes": 1}
    said = SegmentClosed(**segment, starts_at=now - 100, init_bytes=1, sha256="0", codecs=["h264"])
    here.writer.append(Draft(payload=said, chain=here.attempt, exam="bio", actor="capture"))
    here.do(checkout.tick, tick="scratch", by="pia", note="three sheets")
    (event,) = reader.events(types=frozenset({"checkout.ticked"}), chain=here.attempt)
    assert event.payload.position == pytest.approx(100, abs=3)
    assert (event.payload.tick, event.payload.note) == ("scratch", "three sheets")


def test_nothing_of_it_before_handing_in_and_staff_can_end_it(writer):
    here = Hall(writer, **PAPER)
    for action, said in (
        (checkout.tick, {"tick": "scratch"}),
        (checkout.count, {"pages": 1}),
        (checkout.release, {"made": None}),
    ):
        with pytest.raises(NotAllowed):
            here.do(action, by="pia", **said)
    with pytest.raises(NotAllowed, match="after handing in"):
        here.page(1)
    here.do(attempts.finish)
    here.do(attempts.end, by="lea", reason="fire alarm", override=True)
    assert here.stage is Stage.ENDED
