"""`appliance pull`: what central IT sees, fetches and can rely on, out of a store that two boxes filled."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from appliance import cli
from appliance.errors import NotFound, Unavailable
from appliance.proof.verify import verify
from appliance.pull import command as pull_command
from appliance.pull import copy as pull_module
from appliance.pull import page as store_page
from appliance.pull.catalogue import Catalogue, State
from appliance.pull.checked import Checks
from appliance.pull.choice import Choice, days
from appliance.pull.copy import Pull
from appliance.pull.errand import Scope
from appliance.pull.witness import Witness
from appliance.stores.counted import CountedStore
from appliance.stores.directory import DirectoryStore

pytestmark = pytest.mark.slow


@pytest.fixture
def store(filled, tmp_path):
    return Path(shutil.copytree(filled, tmp_path / "store"))


@pytest.fixture
def pulled(store, tmp_path, capsys):
    """`appliance pull STORE DIR ...` -> exit code, what it said."""

    def pull(*options, to="copy"):
        code = cli.main(["pull", str(store), str(tmp_path / to), *options])
        said = capsys.readouterr()
        return code, said.out + said.err

    return pull


def files(folder):
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def evidence_in(copy):
    return {name: data for name, data in files(copy).items() if not name.startswith(("_pull/", "index.html"))}


def test_the_list_tells_each_exam_with_its_flags_and_what_of_it_is_there(store, capsys):
    assert cli.main(["pull", str(store), "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["SITE", "BOX", "EXAM", "BEGINS", "ATTEMPTS", "FLAGS", "OPEN", "SIZE", "STORED"]
    first, second, third = (line.split() for line in lines[1:])
    assert (first[:3], first[5:8], first[-1]) == (["north", "lab-1", "bio"], ["2", "4", "1"], "complete")
    assert second[:3] == ["north", "lab-2", "bio"]
    assert "going on" in lines[2]
    assert third[:3] == ["south", "lab-1", "bio"]
    assert cli.main(["pull", str(store), "--list", "--json", "--site", "nor*", "--box", "lab-1"]) == 0
    said = json.loads(capsys.readouterr().out)
    [exam] = said["exams"]
    assert (exam["number"], exam["title"], exam["flags"]) == (2, "Biology 101", {"phone_visible": 2, "face_absent": 2})
    assert said["requests"] < 12


def test_a_list_asks_for_names_manifests_and_reports_and_never_for_everything(store):
    counted = CountedStore(DirectoryStore(store))
    counted.list = None  # type: ignore[assignment, method-assign]
    catalogue = Catalogue(counted, now=time.time())
    assert len(catalogue.exams(Choice())) == 3
    first = counted.requests
    assert len(catalogue.exams(Choice(boxes=("lab-2",)))) == 1
    assert counted.requests - first < first
    before = counted.bytes
    since, until = days("2001-01-01", "2001-01-02")
    assert catalogue.exams(Choice(since=since, until=until)) == []
    assert catalogue.exams(Choice(since=time.time() + 86_400)) == catalogue.exams(Choice(sites=("west",))) == []
    assert counted.bytes - before < 2 * before


@pytest.mark.parametrize("newest", [1, 2, 3, 7, 16])
def test_the_newest_manifest_is_found_among_any_number_with_few_questions(filled, newest):
    class Many:
        asked = 0

        def stat(self, key):
            Many.asked += 1
            name = key.rpartition("/")[2]
            return (name == "manifest.json" or int(name[9:-5]) <= newest) or None

        def read(self, key):
            Many.asked += 1
            name = key.rpartition("/")[2]
            assert name == ("manifest.json" if newest == 1 else f"manifest-{newest}.json")
            yield (filled / "north/lab-1/bio/manifest.json").read_bytes()

    Catalogue(Many(), now=0).newest("north/lab-1/bio")
    assert Many.asked <= 2 + 2 * newest.bit_length()


def test_a_pull_is_the_store_byte_for_byte_and_proved_as_verify_does(store, pulled, tmp_path):
    code, said = pulled()
    assert code == 0, said
    assert "OK  north/lab-1/bio: 2 attempts" in said
    assert "OK  north/lab-2/bio: 1 attempts" in said
    assert "going on" in said
    theirs = {name: data for name, data in files(store).items() if not name.startswith("_")}
    ours = evidence_in(tmp_path / "copy")
    assert {name: data for name, data in theirs.items() if "/_box/" not in name} == ours
    assert verify(tmp_path / "copy" / "north" / "lab-1").require().attempts == 2
    assert not list((tmp_path / "copy").rglob("*.partial"))


def test_what_is_there_and_right_is_not_fetched_again_and_a_new_version_is(store, pulled, tmp_path):
    exam = store / "north/lab-1/bio"
    second = [name for name in files(exam) if re.search(r"-2(\.|/|$)", name)]
    hidden = {exam / name: (exam / name).read_bytes() for name in second}
    hidden |= {path: path.read_bytes() for path in (store / "north/lab-1/_box").rglob("*") if path.is_file()}
    assert hidden
    for path in hidden:
        path.unlink()
    code, said = pulled("--box", "lab-1", "--site", "north")
    assert code == 0
    assert ", 0 were here already" in said
    for path, data in hidden.items():
        path.write_bytes(data)
    code, said = pulled("--box", "lab-1", "--site", "north")
    assert code == 0
    assert ", 0 were here" not in said
    assert verify(tmp_path / "copy/north/lab-1/bio").require().exams == 1
    code, said = pulled("--box", "lab-1", "--site", "north")
    assert code == 0
    assert "0 files fetched (0 B" in said


def test_what_the_box_vouched_for_and_the_store_has_no_more_is_named(store, pulled, tmp_path):
    code, said = pulled("--box", "lab-1", "--site", "north")
    assert code == 0
    assert "no checkpoints" not in said
    assert list((tmp_path / "copy/_pull/boxes/north/lab-1/_box/checkpoints").glob("*/*.note"))
    exam = store / "north/lab-1/bio"
    for name in files(exam):
        if re.search(r"-2(\.|/|$)", name):
            (exam / name).unlink()
    code, said = pulled("--box", "lab-1", "--site", "north", "--reports-only", to="rolled-back")
    assert code == 1
    assert re.search(r"NOT PROVED  north/lab-1/bio/manifest.json: TRUNCATED: .* manifest 2 ", said)
    for name in ("manifest.json", "manifest.sig", "SHA256SUMS", "SHA256SUMS.sig"):
        (exam / name).unlink()
    code, said = pulled("--box", "lab-1", "--site", "north", to="taken-away")
    assert code == 1
    assert "NOT PROVED  north/lab-1/bio/manifest.json: it is missing: the box" in said
    witness = Witness(DirectoryStore(store), tmp_path / "copy", key_of=lambda _site, _box: None)
    assert witness.ask("north", "lab-1", since=0.0)
    assert [line.partition(":")[0] for line in witness.missing("north", "lab-1", ["chemistry"])] == ["bio"]
    note = next((store / "north/lab-1/_box").rglob("*.note"))
    note.write_bytes(note.read_bytes().replace(b"synchronised no", b"synchronised yes"))
    code, said = pulled("--box", "lab-1", "--site", "north", to="forged")
    assert code == 1
    assert "NOT PROVED  north/lab-1/_box/checkpoints/" in said


def test_only_reports_are_few_files_and_are_never_called_the_whole(store, pulled, tmp_path):
    code, said = pulled("--reports-only")
    assert code == 0
    assert "OK IN PART  north/lab-1/bio" in said
    assert "reports only" in said
    names = set(files(tmp_path / "copy/north/lab-1/bio"))
    assert "report-2/report.json" in names
    assert not any("media/" in name or "ledger" in name for name in names)
    assert "report/report.json" not in names, "only the newest report"
    page = (tmp_path / "copy/index.html").read_text(encoding="utf-8")
    assert "proved in part: reports only" in page
    assert "proved: whole" not in page
    assert "0 of 3 exams whole here" in page
    code, said = pulled()
    assert code == 0
    assert "OK  north/lab-1/bio" in said
    page = (tmp_path / "copy/index.html").read_text(encoding="utf-8")
    assert "proved: whole" in page


def test_without_video_everything_else_is_there_and_proved(pulled, tmp_path):
    code, said = pulled("--no-video", "--box", "lab-1", "--site", "north")
    assert code == 0
    assert "without video" in said
    names = files(tmp_path / "copy")
    assert not any(name.endswith(".mp4") for name in names)
    assert any(name.endswith(".jpg") for name in names)


def test_flags_and_candidates_choose_attempts_and_the_rest_is_named_as_left_out(pulled, tmp_path):
    code, _ = pulled("--flagged", "gaze_away")
    assert code == cli.WRONG
    code, said = pulled("--attempt", "c1", "--site", "north", "--box", "lab-1")
    assert code == 0
    assert "OK IN PART" in said
    assert "1 attempts" in said
    assert len(list((tmp_path / "copy/north/lab-1/bio").glob("*/media"))) == 1
    code, said = pulled("--flagged", "phone_visible", "--site", "north", to="flagged")
    assert code == 0
    assert "2 attempts" in said


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        ("changed", "other content than the manifest"),
        ("longer", "the manifest says"),
        ("extra", "in no manifest"),
        ("gone", "missing"),
    ],
)
def test_what_somebody_did_to_the_store_is_named_and_the_rest_comes(store, pulled, tmp_path, what, sentence):
    victim = next((store / "north/lab-1/bio").rglob("*.mp4"))
    good = victim.read_bytes()
    if what == "changed":
        victim.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    elif what == "longer":
        victim.write_bytes(good + b"x")
    elif what == "extra":
        victim.with_name("added.mp4").write_bytes(b"x")
    else:
        victim.unlink()
    code, said = pulled("--site", "north")
    assert code == 1
    assert "NOT PROVED  north/lab-1/bio" in said
    assert sentence in said
    assert "OK  north/lab-2/bio" in said
    if what != "extra":
        assert not (tmp_path / "copy" / victim.relative_to(store)).exists(), "a wrong file is not kept under its name"
    page = (tmp_path / "copy/index.html").read_text(encoding="utf-8")
    assert "NOT PROVED" in page
    victim.write_bytes(good)
    victim.with_name("added.mp4").unlink(missing_ok=True)
    (tmp_path / "copy" / victim.relative_to(store).with_name("added.mp4")).unlink(missing_ok=True)
    assert pulled("--site", "north")[0] == 0, "put right, it is proved"


def test_nothing_in_the_folder_is_overwritten(store, pulled, tmp_path):
    name = "north/lab-1/bio/manifest.json"
    (tmp_path / "copy" / name).parent.mkdir(parents=True)
    (tmp_path / "copy" / name).write_text("mine", encoding="utf-8")
    code, said = pulled()
    assert code == 1
    assert "here is something else under this name" in said
    assert (tmp_path / "copy" / name).read_text(encoding="utf-8") == "mine"


def test_the_wrong_key_is_named_and_a_box_without_one_stops_it_before_anything_is_fetched(store, pulled, tmp_path):
    keys = tmp_path / "keys"
    (keys / "north").mkdir(parents=True)
    shutil.copy(store / "north/lab-1/bio/box.pub", keys / "north/lab-1.pub")
    code, said = pulled("--key", str(keys))
    assert code == cli.WRONG
    assert "lab-2.pub" in said
    assert not (tmp_path / "copy").exists()
    code, said = pulled("--key", str(keys), "--box", "lab-1", "--site", "north")
    assert code == 0
    assert "compare it" not in said
    assert "; compared with a key from elsewhere" in (tmp_path / "copy/index.html").read_text(encoding="utf-8")
    code, said = pulled("--key", str(keys / "north/lab-1.pub"), "--box", "lab-2", to="other")
    assert code == 1
    assert "not the key that was given" in said


@pytest.mark.parametrize("where", ["folder", "location", "self", "dates"])
def test_a_mistake_at_the_command_line_is_a_sentence_with_a_hint(store, tmp_path, capsys, where):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    calls = {
        "folder": [str(store), str(tmp_path / "file")],
        "location": [str(tmp_path / "nowhere"), str(tmp_path / "copy")],
        "self": [str(store), str(store)],
        "dates": [str(store), "--list", "--from", "yesterday"],
    }
    assert cli.main(["pull", *calls[where]]) == cli.WRONG
    said = capsys.readouterr().err
    assert said.startswith("appliance: ")
    assert said.count("\n") >= 2
    assert "Traceback" not in said


class Troubled:
    """A store that does what a test wants with a read."""

    def __init__(self, inner, do):
        self._inner, self._do = inner, do
        self.reads = 0

    def __getattr__(self, name):
        return getattr(self._inner, name)

    def read(self, key):
        self.reads += 1
        self._do(self, key)
        return self._inner.read(key)


def _pull(store, copy, do, **more):
    copy.mkdir(exist_ok=True)
    pull = Pull(Troubled(DirectoryStore(store), do), copy, pause=lambda _s: None, **more)
    return pull, lambda: pull.run(pull.errand("north/lab-1/bio", None))


def test_a_line_that_breaks_is_tried_again_and_what_came_is_kept(store, tmp_path):
    broken = []

    def breaks(_store, key):
        if key.endswith(".mp4") and key not in broken:
            broken.append(key)
            raise Unavailable("the line is down")

    _, run = _pull(store, tmp_path / "copy", breaks)
    assert run().finding == ""
    assert len(broken) == 8

    def away(_store, key):
        if key.endswith(".mp4"):
            raise Unavailable("the line is down", hint="Wait.")

    _, run = _pull(store, tmp_path / "second", away, at_once=2)
    with pytest.raises(Unavailable, match="line is down"):
        run()
    kept = len(evidence_in(tmp_path / "second"))
    troubled, run = _pull(store, tmp_path / "second", lambda _store, _key: None)
    assert run().finding == ""
    assert troubled.tally.there >= kept - 12


def test_a_list_goes_on_when_the_store_goes_away_for_a_moment(store):
    asked, waited = [], []

    def busy(_store, key):
        asked.append(key)
        if len(asked) % 2:
            raise Unavailable("slow down")

    troubled = Troubled(DirectoryStore(store), busy)
    assert len(Catalogue(troubled, now=0, pause=waited.append).exams(Choice())) == 3
    assert waited

    def down(_store, _key):
        raise Unavailable("the store is down")

    with pytest.raises(Unavailable, match="is down"):
        Catalogue(Troubled(DirectoryStore(store), down), now=0, pause=waited.append).exams(Choice())


def test_an_object_that_vanishes_meanwhile_is_named(store, tmp_path):
    def vanishes(_store, key):
        if key.endswith("00001.mp4"):
            raise NotFound("gone")

    _, run = _pull(store, tmp_path / "copy", vanishes)
    check = run()
    assert "gone from the store meanwhile" in check.finding
    assert check.findings == 2, "each is said once"


def test_a_full_disk_here_says_so_and_leaves_nothing_half(store, tmp_path, monkeypatch, capsys):
    real = os.fsync

    def full(descriptor):
        if threading.current_thread().name.startswith("pull"):
            raise OSError(errno.ENOSPC, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(pull_module.os, "fsync", full)
    assert cli.main(["pull", str(store), str(tmp_path / "copy")]) == cli.WRONG
    said = capsys.readouterr().err
    assert "takes no more: No space left" in said
    assert "not fetched again" in said
    assert evidence_in(tmp_path / "copy") == {}
    monkeypatch.setattr(pull_module.shutil, "disk_usage", lambda _p: shutil._ntuple_diskusage(1, 1, 1000))
    assert cli.main(["pull", str(store), str(tmp_path / "copy")]) == cli.WRONG
    assert "MB free" in capsys.readouterr().err


def test_two_pulls_do_not_fill_one_folder(store, tmp_path):
    twice = pull_module.owned(tmp_path / "copy")
    with pull_module.owned(tmp_path / "copy"), pytest.raises(Unavailable, match="another"), twice:
        raise AssertionError


def test_a_store_that_is_no_such_store_and_an_exam_that_cannot_be_read_are_said(store, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert cli.main(["pull", str(tmp_path / "empty"), str(tmp_path / "copy")]) == cli.WRONG
    assert "no exam in" in capsys.readouterr().err
    future = (store / "north/lab-1/bio/manifest-2.json").read_text(encoding="utf-8")
    (store / "north/lab-1/bio/manifest-2.json").write_text(future.replace("manifest/1", "manifest/9"), encoding="utf-8")
    [entry, *_] = Catalogue(DirectoryStore(store), now=0).exams(Choice(sites=("north",)))
    assert entry.state is State.UNREADABLE
    assert "a newer box wrote it" in entry.says
    assert cli.main(["pull", str(store), str(tmp_path / "copy"), "--site", "north"]) == 1
    assert "NOT PROVED  north/lab-1/bio/manifest-2.json" in capsys.readouterr().out


def test_the_page_of_a_store_links_only_what_is_here_and_claims_nothing(store, tmp_path, capsys):
    assert cli.main(["pull", str(store), str(tmp_path / "copy"), "--index-only"]) == 0
    page = (tmp_path / "copy/index.html").read_text(encoding="utf-8")
    assert page.count("not checked") == 3
    assert "href=" not in page
    assert cli.main(["pull", str(store), str(tmp_path / "copy"), "--box", "lab-1", "--site", "north"]) == 0
    assert cli.main(["pull", str(store), str(tmp_path / "copy"), "--index-only"]) == 0
    page = (tmp_path / "copy/index.html").read_text(encoding="utf-8")
    assert page.count("not checked") == 2
    assert "north/lab-1/bio/report-2/report.pdf" in page
    capsys.readouterr()


def test_the_page_says_when_the_copy_changed_after_it_was_checked_and_escapes_what_people_wrote(
    store, pulled, tmp_path
):
    assert pulled("--site", "north", "--box", "lab-1")[0] == 0
    copy = tmp_path / "copy"
    [entry] = Catalogue(DirectoryStore(copy), now=0).exams(Choice())
    (copy / "north/lab-1/bio/manifest-2.json").write_bytes(b"{}")
    from dataclasses import replace

    wild = replace(entry, title="<script>alert(1)</script>")
    page = store_page.page([wild], Checks.read(copy), source="a & b", now=0)
    assert "not checked since the manifests here changed" in page
    assert "proved: whole" not in page
    assert "<script>alert" not in page
    assert "a &amp; b" in page


def test_the_notes_of_a_pull_that_cannot_be_read_are_named(tmp_path):
    (tmp_path / "_pull").mkdir()
    (tmp_path / "_pull/checked.json").write_text("{", encoding="utf-8")
    with pytest.raises(Exception, match="cannot be read"):
        Checks.read(tmp_path)
    assert Scope.WHOLE == "whole"
    assert pull_command.Keys().of("a", "b") is None


SLOWLY = """
import sys, time
from appliance import cli
from appliance.stores.directory import DirectoryStore
read = DirectoryStore.read
def slow(self, key):
    for piece in read(self, key):
        for at in range(0, len(piece), 300):
            yield piece[at:at + 300]
            time.sleep(0.01)
DirectoryStore.read = slow
sys.exit(cli.main(["pull", *sys.argv[1:], "--at-once", "4"]))
"""


def test_a_pull_that_is_killed_leaves_nothing_half_and_goes_on(store, pulled, tmp_path):
    copy = tmp_path / "copy"
    begun = subprocess.Popen([sys.executable, "-c", SLOWLY, str(store), str(copy)], stdout=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while len(list(copy.rglob(".*.partial"))) < 2 and time.monotonic() < deadline:
            time.sleep(0.005)
    finally:
        begun.kill()
        begun.wait()
    half = list(copy.rglob(".*.partial"))
    assert half, "it was killed in the middle"
    whole = {name: data for name, data in evidence_in(copy).items() if not name.endswith(".partial")}
    assert all((store / name).read_bytes() == data for name, data in whole.items())
    code, said = pulled()
    assert code == 0, said
    assert not list(copy.rglob(".*.partial"))
