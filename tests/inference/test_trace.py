"""What detection saw of a session is kept as numbers, read back as it was, and judged again with the same result."""

import json
import zlib
from dataclasses import replace

import pytest

from appliance.errors import BadInput, IntegrityError
from appliance.exam.accommodation import Switch
from appliance.exam.detection import DetectionPolicy, in_force
from appliance.exam.feed import Kind, Position
from appliance.exam.flags import Sense
from appliance.inference import trace as traces
from appliance.inference.baseline import Baseline
from appliance.inference.coverage import Looks
from appliance.inference.judges.context import Context
from appliance.inference.stream import Stream
from appliance.inference.trace import Losses, Seen, Setting, Trace, files, read

from .seen import every, phone, seen

USUAL = Context(rules=in_force(DetectionPolicy()))
NOTHING = {"resting": frozenset(), "active": frozenset()}


def kept(folder, looks, context=None, losses=None, **more):
    trace = Trace(folder, losses or Losses(), **more)
    for look in looks:
        trace.add(Sense.SIGHT, look, context or USUAL, **NOTHING)
    trace.close()
    return list(read(folder))


def test_looks_are_read_back_in_order_behind_what_they_were_judged_by(tmp_path):
    looks = every(10)
    setting, *found = kept(tmp_path, looks)
    assert isinstance(setting, Setting)
    assert setting.context() == USUAL
    assert [each.seen for each in found] == looks
    assert {(each.kind, each.sense) for each in found} == {(Kind.WEBCAM, Sense.SIGHT)}


def test_what_rested_and_what_held_elsewhere_stands_with_the_look(tmp_path):
    trace = Trace(tmp_path, Losses())
    resting, active = frozenset({"face_absent", "clipboard"}), frozenset({"camera_disconnected"})
    trace.add(Sense.SIGHT, seen(), USUAL, resting=resting, active=active)
    trace.close()
    _, look = read(tmp_path)
    assert (look.resting, look.active) == (frozenset({"face_absent"}), active)


def test_a_change_of_what_holds_stands_where_it_happened(tmp_path):
    trace = Trace(tmp_path, Losses())
    front = USUAL
    aside = replace(front, position=Position.OBLIQUE, base=Baseline(yaw=20.0))
    for context in (front, front, aside, aside):
        trace.add(Sense.SIGHT, seen(), context, **NOTHING)
    trace.close()
    found = list(read(tmp_path))
    assert [type(each) for each in found] == [Setting, Seen, Seen, Setting, Seen, Seen]
    assert found[3].context() == aside


def test_that_a_rule_is_off_for_a_candidate_is_kept_and_why_is_not(tmp_path):
    rules = in_force(DetectionPolicy(), {Switch.GAZE})
    setting, _ = kept(tmp_path, [seen()], replace(USUAL, rules=rules))
    assert "looking_away" in setting.off
    assert '"gaze"' not in json.dumps(traces.plain(setting))
    assert "looking_away" not in setting.context().codes
    assert "looking_away" not in setting.context(DetectionPolicy(on=frozenset({"looking_away"}))).codes


def test_other_thresholds_can_be_put_in_its_place(tmp_path):
    setting, _ = kept(tmp_path, [seen()])
    changed = DetectionPolicy(numbers={"face_absent": {"seconds": 20.0}})
    assert setting.context(changed).rules["face_absent"].seconds == 20.0


def test_a_sense_that_is_not_kept_leaves_nothing(tmp_path):
    trace = Trace(tmp_path, Losses())
    trace.add(Sense.LINK, seen(), USUAL, **NOTHING)
    trace.close()
    assert files(tmp_path) == []


# --- when things go wrong ---


def test_what_was_flushed_before_a_power_cut_is_read(tmp_path):
    trace = Trace(tmp_path, Losses())
    for look in every(12):  # flushed each five seconds of what is seen
        trace.add(Sense.SIGHT, look, USUAL, **NOTHING)
    (file,) = files(tmp_path)
    there = len(list(read(tmp_path)))
    assert 1 + 20 <= there < 1 + 24
    file.write_bytes(file.read_bytes()[:-7])
    assert 0 < len(list(read(tmp_path))) < there
    trace.close()


def test_a_process_that_begins_anew_goes_on_in_a_file_of_its_own(tmp_path):
    kept(tmp_path, every(3))
    found = kept(tmp_path, every(3, start=200.0))
    assert [file.name for file in files(tmp_path)] == ["0001.jsonl.gz", "0002.jsonl.gz"]
    assert [type(each) for each in found].count(Setting) == 2


def test_more_than_its_share_of_the_disk_is_not_written_but_counted(tmp_path):
    losses = Losses()
    looks = [replace(look, changed=0.0001 * i) for i, look in enumerate(every(600))]
    found = kept(tmp_path, looks, losses=losses, most_bytes=4000)
    assert sum(file.stat().st_size for file in files(tmp_path)) < 6000
    assert losses.beyond > 0
    assert len(found) - 1 + losses.beyond == len(looks)
    again = Losses()
    kept(tmp_path, every(3), losses=again, most_bytes=4000)
    assert again.beyond > 0


def test_a_disk_that_refuses_stops_nothing_and_is_counted(tmp_path):
    losses = Losses()
    (tmp_path / "file").write_bytes(b"")
    assert kept(tmp_path / "file" / "trace", every(12), losses=losses) == []
    assert losses.refused >= 24


def test_when_the_disk_has_room_again_a_new_file_is_begun(tmp_path):
    losses, disk = Losses(), tmp_path / "disk"
    disk.write_bytes(b"")
    trace = Trace(disk / "trace", losses)
    trace.add(Sense.SIGHT, seen(100.0), USUAL, **NOTHING)
    disk.unlink()
    trace.add(Sense.SIGHT, seen(106.0), USUAL, **NOTHING)
    trace.close()
    setting, look = read(disk / "trace")
    assert isinstance(setting, Setting)
    assert look.seen.at == 106.0
    assert losses.refused == 2


@pytest.mark.parametrize("data", [b"no gzip at all", zlib.compress(b"{}\n", wbits=31)[:3] + b"\xff" * 40])
def test_what_was_never_a_trace_is_refused(tmp_path, data):
    (tmp_path / "0001.jsonl.gz").write_bytes(data)
    with pytest.raises(IntegrityError, match="is no trace"):
        list(read(tmp_path))


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ('{"version": 99}', BadInput),
        ("3", IntegrityError),
        ('{"version": 1}\n{"seen": {"kind": "ufo"}}', IntegrityError),
    ],
)
def test_a_trace_of_another_version_or_with_strange_lines_is_refused(tmp_path, line, error):
    (tmp_path / "0001.jsonl.gz").write_bytes(zlib.compress(f"{line}\n".encode(), wbits=31))
    with pytest.raises(error, match=r"0001\.jsonl\.gz"):
        list(read(tmp_path))


def test_where_there_is_no_trace_nothing_is_read(tmp_path):
    assert list(read(tmp_path / "none")) == []


# --- judged again ---


def test_a_stream_keeps_what_it_saw_and_the_same_flags_come_of_it(tmp_path):
    looks = [*every(15), *every(15, start=115.0, phones=(phone(),)), *every(20, start=130.0, faces=(), persons=())]
    live = Stream(Kind.WEBCAM, rules=in_force(DetectionPolicy()), looks=Looks(process_at=0.0))
    live.trace = Trace(tmp_path, Losses())
    outputs = [output for look in looks for output in live.see(Sense.SIGHT, look, None, resting=frozenset())]
    live.trace.close()
    assert {output.code for output in outputs} >= {"phone_visible", "face_absent"}
    again = Stream(Kind.WEBCAM, rules=in_force(DetectionPolicy()), looks=Looks(process_at=0.0))
    found = [each for each in read(tmp_path) if isinstance(each, Seen)]
    assert outputs == [o for e in found for o in again.see(e.sense, e.seen, None, resting=e.resting, active=e.active)]
