"""The recording that is made to be measured is one like any other: its files, its times, its ledger."""

import av
import numpy as np
import pytest

from appliance.bench.review import damage
from appliance.bench.review.loop import BITS, TICKS
from appliance.bench.review.recording import make
from appliance.exam.feed import Kind
from appliance.ledger import reader, state
from appliance.recording import mp4
from appliance.recording.name import Name

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return make(tmp_path_factory.mktemp("made"), hours=1 / 60, small=True, seats=2, live=True)


def files(made, kind):
    return sorted(made.folder(kind).glob("*.mp4*"))


def said(picture):
    """The time in the blocks on top of a picture, seconds."""
    height, width = picture.shape
    row = picture[height // 20]
    bits = [row[width * (2 * n + 1) // (2 * BITS)] > 128 for n in range(BITS)]
    return sum(1 << (BITS - 1 - n) for n, bit in enumerate(bits) if bit) / TICKS


def test_every_feed_shows_the_same_time_at_the_same_time(made):
    shown = {}
    for kind in made.kinds:
        for file in files(made, kind):
            begins_at = Name.parse(file.name).starts_at - mp4.scan(file).parts[0].position
            with av.open(str(file), format="mp4") as opened:
                for frame in opened.decode(video=0):
                    at = begins_at + frame.time - made.begins_at
                    shown[kind, round(at, 2)] = said(frame.to_ndarray(format="gray"))
    assert len(shown) > 1_500
    off = np.array([(time - at % 16 + 8) % 16 - 8 for (_, at), time in shown.items()])
    assert np.abs(off).max() < 0.02


def test_files_follow_one_another_and_begin_with_a_key_frame(made):
    for kind in made.kinds:
        scans = sorted((mp4.scan(file) for file in files(made, kind)), key=lambda scan: scan.parts[0].position)
        assert all(scan.parts[0].key for scan in scans)
        ends = [max(part.end for part in scan.parts) for scan in scans]
        holes = [scan.parts[0].position - end for scan, end in zip(scans[1:], ends, strict=False)]
        assert all(hole > -0.01 for hole in holes)
        assert sum(hole > 0.01 for hole in holes) == {Kind.WEBCAM: 1, Kind.PHONE: 1, Kind.SCREEN: 0}[kind]


def test_the_ledger_knows_all_of_it_but_the_file_that_is_open(made):
    with reader.opened(made.paths.database) as ledger, ledger.connect() as connection:
        attempts = state.attempts(connection, made.exam)
        assert [row.attempt for row in attempts] == made.attempts
        for number, row in enumerate(attempts):
            known = {one.path.rsplit("/", 1)[-1]: one.bytes for one in state.segments(connection, attempt=row.attempt)}
            there = {f.name: f.stat().st_size for kind in made.kinds for f in made.folder(kind, number).glob("*.mp4")}
            assert known == there
            assert len(state.flags(connection, attempt=row.attempt)) == 60
    assert all(files(made, kind)[-1].suffix == ".open" for kind in made.kinds)


def test_a_file_of_another_size_is_as_long_as_before(made):
    file = files(made, Kind.WEBCAM)[1]
    before = mp4.scan(file)
    damage.other_size(file)
    after = mp4.scan(file)
    assert [part.position for part in after.parts] == [part.position for part in before.parts]
    with av.open(str(file)) as opened:
        assert opened.streams.video[0].width == 320
