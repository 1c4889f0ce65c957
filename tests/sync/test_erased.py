"""After an erasure everybody who reads the ledger goes on: processes that begin anew, the report, the store."""

import json
import time

import pytest

from appliance.capture.attendance import Attendance
from appliance.errors import BadInput
from appliance.exam import events
from appliance.inference.room import TYPES, Room
from appliance.ledger import dates, state
from appliance.ledger.actions import erasure, holds
from appliance.ledger.client import Client, Told
from appliance.ledger.socket import LedgerServer
from appliance.proof.verify import verify
from appliance.report import write
from appliance.sync.retention import Retention
from tests.sync.rig import whole_exam
from tests.sync.test_retention import keeper

pytestmark = pytest.mark.slow


def told(rig, types=None):
    """What a process hears that begins anew."""
    found, after = [], 0
    while more := rig.reader.events(after=after, types=types):
        found += more
        after = more[-1].seq
    return [
        Told(seq=e.seq, id=e.id, chain=e.chain, type=e.type, exam=e.exam, actor=e.actor, wall=e.wall, payload=e.payload)
        for e in found
    ]


@pytest.fixture
def erased(rig):
    """An exam that is stored, of which one candidate asked to be erased; -> that attempt and the other one."""
    attempt, other = whole_exam(rig)
    asked = {"reference": "GDPR-7", "by": "ina", "by_name": "Ina"}
    rig.evidence.writer.transact(lambda t: erasure.ask(t, attempt, **asked))
    keeper(rig).turn(now=time.time() + 1)
    return attempt, other


def test_M90_processes_that_begin_anew_hear_erased_events_and_say_nothing_of_them(rig, erased):
    attempt, _ = erased
    said = []
    room = Room(
        append=lambda payload, chain, *_: said.append((chain, payload)),
        media=rig.paths.media, models={}, now=time.time(), looked_at={},
    )  # fmt: skip
    for event in told(rig, TYPES):
        room.tell(event.payload, chain=event.chain, exam=event.exam, at=event.wall)
    room.started()
    room.beat(time.time())
    assert not [chain for chain, _ in said if chain == attempt]
    attendance = Attendance()
    assert attempt not in {room for event in told(rig) for room in attendance.take(event)}
    rig.start()
    rig.for_seconds(30)
    assert rig.service.status()["failing"] == ""


def test_M90_the_report_is_written_says_who_asked_and_names_nobody(rig, erased):
    attempt, other = erased
    with rig.reader.connect() as connection:
        for subject in (attempt, None):
            write.write(connection=connection, paths=rig.paths, exam="bio", attempt=subject)
        assert state.attempt(connection, other).name == "Candidate 2"
    report = (rig.paths.reports / "bio" / attempt / "report.json").read_text()
    assert "GDPR-7" in report
    assert "Candidate 1" not in report
    assert "ruler" not in report, "the chat is gone"
    assert json.loads(report)
    whole = (rig.paths.reports / "bio" / "report.json").read_text()
    assert "Candidate 1" not in whole
    assert "Candidate 2" in whole


def test_M90_the_store_gets_a_new_bundle_in_which_the_words_are_withheld(rig, erased):
    attempt, _ = erased
    rig.start(write.write)
    rig.for_seconds(900)
    outcome = verify(rig.exam_folder)
    assert outcome.findings == []
    assert outcome.attempts == 2
    newest = max(rig.exam_folder.glob("manifest*.json"), key=lambda path: path.stat().st_mtime_ns)
    assert newest.name != "manifest.json", "the exam's own report is written anew, without the name"
    for folder in (rig.exam_folder, rig.exam_folder / attempt):
        said = (folder / "index-2.html").read_text().partition('id="boot"')[2].partition("</script>")[0]
        assert '"box-1"' in said
        assert "Candidate 1" not in said, "nor does the page name anybody who was erased"
        assert "ruler" not in said
    with rig.reader.connect() as connection:
        assert state.exam(connection, "bio").stored_at is not None


def test_M90_over_the_ledgers_socket_an_erasure_is_refused_by_a_hold_and_done_without(rig):
    attempt, _ = whole_exam(rig)
    writer = rig.evidence.writer
    asked = {"reference": "GDPR-7", "by": "ina", "by_name": "Ina"}
    writer.transact(lambda t: erasure.ask(t, attempt, **asked))
    server = LedgerServer(rig.paths.ledger_socket, writer=writer, reader=rig.reader)
    client = Client(rig.paths.ledger_socket, process="sync")
    server.start()
    client.start()
    try:
        held = writer.transact(lambda t: holds.place(t, exam="bio", reason="appeal", by="ina", by_name="Ina"))
        with rig.reader.connect() as connection:
            said = events.PersonalErased(
                position=dates.heads(connection, [attempt])[attempt], why="request", due_at=0.0
            )
        with pytest.raises(BadInput, match="open, or held"):
            client.append_and_wait(said, chain=attempt, exam="bio", seconds=10)
        writer.transact(lambda t: holds.lift(t, held, exam="bio", reason="settled", by="ina"))
        Retention(rig.paths, rig.reader, client, store=rig.store, site="north", box="box-1").turn(now=time.time() + 1)
    finally:
        client.stop()
        server.stop()
    with rig.reader.connect() as connection:
        assert state.attempt(connection, attempt).name == "(erased)"
    assert not (rig.paths.media / "bio" / attempt).exists()
