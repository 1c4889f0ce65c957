"""The files of a flag's pictures."""

import hashlib

import pytest

from appliance.inference.snapshot import save
from appliance.inference.watch import Shot

WHERE = {"exam": "bio", "attempt": "a1", "flag": "f1"}


def shots(**at):
    return {moment: Shot(second, f"jpeg {second}".encode()) for moment, second in at.items()}


def check(media, kept):
    for entry in kept:
        data = (media / entry["path"]).read_bytes()
        assert hashlib.sha256(data).hexdigest() == entry["sha256"]
        assert data == f"jpeg {entry['at']}".encode()


def test_what_is_written_is_what_is_said(tmp_path):
    kept = save(tmp_path, shots=shots(onset=1.0, peak=2.0, last=3.0), kept=[], **WHERE)
    assert [entry["moment"] for entry in kept] == ["onset", "peak", "last"]
    assert kept[0]["path"] == "bio/a1/snapshots/f1-onset.jpg"
    check(tmp_path, kept)


def test_a_file_once_said_is_never_changed(tmp_path):
    first = save(tmp_path, shots=shots(onset=1.0, peak=2.0, last=3.0), kept=[], **WHERE)
    after = save(tmp_path, shots=shots(onset=1.0, peak=2.0, last=9.0), kept=first, **WHERE)
    assert after[:2] == first[:2]
    assert after[2]["path"] != first[2]["path"]
    check(tmp_path, first)
    check(tmp_path, after)
    assert not [file for file in tmp_path.rglob("*") if file.name.startswith(".")]


def test_what_an_earlier_process_kept_stays(tmp_path):
    first = save(tmp_path, shots=shots(onset=1.0, peak=1.0, last=1.0), kept=[], **WHERE)
    assert save(tmp_path, shots=shots(last=1.0), kept=first, **WHERE) == first


def test_a_disk_that_refuses_raises(tmp_path):
    (tmp_path / "bio").write_text("a file where the folder should be")
    with pytest.raises(OSError, match=r"bio|directory|exists"):
        save(tmp_path, shots=shots(onset=1.0), kept=[], **WHERE)
