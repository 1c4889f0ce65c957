"""What a box vouched for in its checkpoints is held against its exams: cutting the tail is seen."""

import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from appliance.box.paths import Paths
from appliance.bundle.keys import BoxKey
from appliance.bundle.manifest import Manifest
from appliance.bundle.note import note, verified
from appliance.cli import main as command_line
from appliance.errors import BadInput, Unavailable
from appliance.ledger import reader as reader_module
from appliance.ledger import writer as writer_module
from appliance.proof.tree import FolderTree, StoreTree, WebTree, sums
from appliance.proof.verify import verify
from appliance.stores import places
from appliance.stores.directory import DirectoryStore
from appliance.sync.checkpoint import Checkpoints
from appliance.sync.claim import claim
from tests.proof.test_verify import files, resign, rewrite
from tests.report import evidence as made
from tests.sync import bundles
from tests.sync.bundles import Sample
from tests.sync.rig import FlakyStore, Rig, whole_exam

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """As `bundles.made_in`, with a checkpoint before the exam, at its end, and after its second manifest."""
    folder = tmp_path_factory.mktemp("original")
    paths = Paths(data=folder / "data", run=folder / "run").make()
    with writer_module.opened(paths.database) as writer:
        evidence = made.build(writer, paths.media)
        with reader_module.opened(paths.database) as reader:
            rig = Rig(paths, evidence, reader)
            key, store = BoxKey.from_folder(paths.keys), DirectoryStore(paths.upstream)
            claim(store, "north", "box-1", key.public.pem)
            checkpoints = Checkpoints(key=key, site="north", box="box-1", seconds=0)
            checkpoints.turn(store, reader, 0.0)
            first, second = whole_exam(rig)
            checkpoints.turn(store, reader, 1.0)
            evidence.flag(first, "camera_covered")
            rig.until(lambda: (rig.exam_folder / "manifest-2.json").exists() and not list(paths.outbox.glob("*/*")))
            checkpoints.turn(store, reader, 2.0)
    exam = rig.exam_folder
    return Sample(paths.upstream, exam, exam / first, exam / second, paths.keys)


@pytest.fixture
def sample(original, tmp_path):
    return bundles.copied(original, tmp_path)


def findings(folder: Path, **more) -> list[str]:
    return [str(finding) for finding in verify(folder, **more).findings]


def notes(sample) -> list[Path]:
    return sorted((sample.root / "north/box-1/_box/checkpoints").glob("*/*.note"), key=lambda path: path.name)


def test_I7_a_box_is_proved_with_what_it_vouched_for(sample):
    for place in (sample.root, sample.root / "north", sample.root / "north" / "box-1"):
        for key in (None, sample.keys / "box.pub"):
            outcome = verify(place, key=key)
            assert [str(one) for one in outcome.findings] == []
    [said] = [remark for remark in outcome.remarks if "checkpoints" in remark]
    assert said.startswith(".: 3 checkpoints; the box last vouched for event ")
    assert "what is here of its chain ends at event" in said
    as_store = verify(StoreTree(DirectoryStore(sample.root)))
    assert (as_store.findings, as_store.files, as_store.events) == ([], outcome.files, outcome.events)


def test_going_back_to_the_exams_manifest_before_is_seen_by_the_checkpoint(sample):
    for path in sample.exam.iterdir():
        if "-2" in path.name:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in [*sample.first.iterdir(), *sample.first.glob("snapshots/*")]:
        if "-2" in path.name:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    known = {file.file for file in Manifest.from_bytes((sample.first / "manifest.json").read_bytes()).files}
    for path in sample.first.glob("snapshots/*"):
        if path.relative_to(sample.first).as_posix() not in known:
            path.unlink()
    assert findings(sample.exam) == [], "by itself it is a proof of less"
    [found] = findings(sample.root)
    assert found.startswith("north/box-1/bio/manifest.json: TRUNCATED: the box had stored manifest 2 on ")
    assert found.endswith("the newest here is 1")


def test_an_exam_that_is_gone_is_missed_unless_it_may_have_been_deleted(sample):
    shutil.rmtree(sample.exam)
    [found] = findings(sample.root)
    assert found.startswith("north/box-1/bio: it is missing: the box says that all of it was here on ")
    outcome = verify(sample.root, since=4e9)
    assert outcome.findings == []
    assert outcome.remarks == ["north/box-1: there are no checkpoints: whether its end was cut off cannot be seen"]


def test_a_chain_that_was_written_anew_by_the_key_itself_contradicts_what_the_box_vouched_for(sample):
    name = Manifest.from_bytes((sample.exam / "manifest-2.json").read_bytes()).ledger.file
    cut = 3

    rewrite(sample.exam, lambda links: links[:-cut], name)
    links = (sample.exam / name).read_bytes().splitlines()

    def agree(manifest):
        head = replace(manifest.ledger, position=manifest.ledger.position - cut, hash=json.loads(links[-1])["hash"])
        return replace(manifest, ledger=head)

    resign(sample.exam, sample.keys, agree, number=2)
    found = findings(sample.root)
    assert any("manifest-2.json: it is not manifest 2 that the box vouched for on" in one for one in found), found


def test_a_chain_that_ends_before_the_exam_did_is_cut_off(sample):
    name = Manifest.from_bytes((sample.exam / "manifest-2.json").read_bytes()).ledger.file
    lines = (sample.exam / name).read_bytes().splitlines(keepends=True)
    types = [json.loads(json.loads(line)["body"])["type"] for line in lines]
    kept = lines[: types.index("exam.ended")]
    (sample.exam / name).write_bytes(b"".join(kept))

    def agree(manifest):
        head = replace(
            manifest.ledger,
            position=manifest.ledger.after + len(kept),
            hash=json.loads(kept[-1])["hash"],
        )
        return replace(manifest, ledger=head)

    resign(sample.exam, sample.keys, agree, number=2)
    assert any(
        "TRUNCATED: it ends with event" in one and "before the end of the exam" in one for one in findings(sample.exam)
    )
    assert any("the box vouched for event" in one and "later" in one for one in findings(sample.root))


def test_a_checkpoint_that_was_changed_moved_or_made_by_another_is_named(sample, tmp_path):
    (first, second, last), box = notes(sample), sample.root / "north/box-1"
    for path in (first, last):
        whole = path.read_bytes()
        path.write_bytes(whole.replace(b"\n", b" \n", 1))
        assert findings(sample.root)[0].startswith(path.relative_to(sample.root).as_posix())
        path.write_bytes(whole)
    moved = second.with_name(f"{7:012d}.note")
    second.rename(moved)
    assert "it was moved here" in findings(sample.root)[0]
    moved.rename(second)
    (tmp_path / "other").mkdir()
    other, key = BoxKey.from_folder(tmp_path / "other"), BoxKey.from_folder(sample.keys)
    said = verified(second.read_bytes(), key.public)
    whole = second.read_bytes()
    second.write_bytes(note(said, other))
    assert findings(sample.root)[0].endswith("it was changed, or another key signed it")
    second.write_bytes(note(replace(said, hash=hashlib.sha256(b"other").digest()), key))
    assert any("the box vouched for another event" in one and "written anew" in one for one in findings(sample.root))
    second.write_bytes(whole)
    twin = replace(said, wall=said.wall + 86_400, hash=hashlib.sha256(b"twin").digest())
    (box / twin.place).parent.mkdir(parents=True, exist_ok=True)
    (box / twin.place).write_bytes(note(twin, key))
    assert any("two different events" in one and "it has two histories" in one for one in findings(sample.root))
    shutil.rmtree((box / twin.place).parent)
    (box / "_box" / "box.pub").write_bytes(other.public.pem)
    assert any("signed by another key than that in _box/box.pub" in one for one in findings(sample.root))
    assert "it is not the key that was given" in findings(sample.root, key=sample.keys / "box.pub")[0]
    (box / "_box" / "box.pub").unlink()
    assert "it is missing: the key of the box" in findings(sample.root)[0]
    (box / "_box" / "box.pub").write_bytes(key.public.pem)
    (box / "_box" / "more.txt").write_text("x")
    assert findings(sample.root) == ["north/box-1/_box/more.txt: it is nothing that a box puts there"]


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_a_checkpoint_is_checked_by_openssl_alone(sample):
    """The commands of docs/verify.md, word for word."""

    def check(path):
        done = subprocess.run(
            ["sh", "-ec", bundles.commands("pkeyutl -verify -pubin -inkey _box/box.pub")],
            cwd=sample.root / "north" / "box-1",
            env={"PATH": os.defpath, "NOTE": str(path)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.stdout

    assert all("Signature Verified Successfully" in check(path) for path in notes(sample))
    path = notes(sample)[0]
    path.write_bytes(path.read_bytes().replace(b"time 2", b"time 1"))
    assert "Signature Verification Failure" in check(path)


def test_an_exam_that_goes_on_is_said_to_and_not_missed(sample):
    for path in notes(sample)[1:]:
        path.unlink()  # as it was: the newest word of the box calls the exam open
    for path in sample.exam.iterdir():
        if path.is_file() or path.name.startswith("report"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(sample.second / "report")
    (sample.second / "manifest.json").unlink()
    outcome = verify(sample.root)
    assert outcome.findings == []
    assert outcome.attempts == 1
    assert "north/box-1/bio: it goes on, or is on its way here: 1 attempts of it are complete" in outcome.remarks


def test_two_boxes_of_two_sites_lie_in_one_bucket_and_each_has_its_own_key(sample, tmp_path):
    paths = Paths(data=tmp_path / "data", run=tmp_path / "run").make()
    store = DirectoryStore(sample.root)
    with writer_module.opened(paths.database) as writer, reader_module.opened(paths.database) as reader:
        evidence = made.build(writer, paths.media)
        key = BoxKey.from_folder(paths.keys)
        claim(store, "south", "box-9", key.public.pem)
        Checkpoints(key=key, site="south", box="box-9", seconds=0).turn(store, reader, 0.0)
        assert evidence.media == paths.media
    outcome = verify(sample.root)
    assert (outcome.findings, outcome.exams) == ([], 1)
    keys = tmp_path / "keys"
    for place, pem in (
        ("north/box-1.pub", (sample.keys / "box.pub").read_bytes()),
        ("south/box-9.pub", key.public.pem),
    ):
        (keys / place).parent.mkdir(parents=True)
        (keys / place).write_bytes(pem)
    assert findings(sample.root, key=keys) == []
    (keys / "south/box-9.pub").rename(keys / "north/box-1.pub")
    assert findings(sample.root, key=keys)


def test_a_manifest_from_the_future_is_named_with_what_to_do(sample):
    key = BoxKey.from_folder(sample.keys)
    data = (sample.second / "manifest.json").read_bytes().replace(b"appliance.manifest/1", b"appliance.manifest/2")
    (sample.second / "manifest.json").write_bytes(data)
    (sample.second / "manifest.sig").write_bytes(key.sign(data))
    [found] = findings(sample.second)
    assert found == (
        "manifest.json: a newer box wrote it (appliance.manifest/2, this program reads /1): install the newest version"
        " of this program and verify again; nothing is known to be wrong"
    )


def test_names_that_a_folder_has_are_those_that_a_store_lists(sample):
    folder, store = FolderTree(sample.root), StoreTree(DirectoryStore(sample.root))
    assert folder.files() == store.files()
    assert folder.folders() == store.folders() == ["north"]
    inner = "north/box-1/bio"
    assert folder.under(inner).files() == store.under(inner).files()
    assert store.under(inner).under(sample.first.name).files() == folder.under(f"{inner}/{sample.first.name}").files()
    assert store.has("north/box-1/_box/box.pub")
    assert not store.has("north/box-1")


@pytest.fixture
def served(sample):
    """The upstream behind a plain web server that lists nothing."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def list_directory(self, path):
            self.send_error(404)

        def log_message(self, *_said):
            pass

    class Server(http.server.ThreadingHTTPServer):
        request_queue_size = 64  # eight at a time would overflow the five of the library, and wait a second

    with Server(("127.0.0.1", 0), functools.partial(Quiet, directory=str(sample.root))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_bundle_behind_a_web_server_is_proved_by_what_its_manifest_names(sample, served, capsys):
    exam = f"{served}/north/box-1/bio"
    assert command_line(["verify", exam, "--key", str(sample.keys / "box.pub")]) == 0
    said = capsys.readouterr().out
    assert said.startswith("OK  2 attempts, 1 exams, ")
    assert "a web server lists nothing" in said
    assert command_line(["verify", f"{exam}/{sample.first.name}/", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    clip = next(sample.first.glob("media/webcam/*.mp4"))
    clip.write_bytes(clip.read_bytes()[:-1])
    [found] = verify(WebTree(exam)).findings
    assert found.file == clip.relative_to(sample.exam).as_posix()
    assert "give that of one attempt's or exam's folder" in verify(WebTree(served)).findings[0].what
    with pytest.raises(BadInput, match="not the address of a folder"):
        WebTree("https://host/x?signature=1")


def test_a_line_that_is_cut_while_files_are_read_is_no_finding(sample, monkeypatch):
    monkeypatch.setattr("appliance.proof.tree.time.sleep", lambda _seconds: None)
    store = FlakyStore(DirectoryStore(sample.root))
    tree = StoreTree(store, "north/box-1/bio")
    whole = list(sums(FolderTree(sample.exam), tree.files()))
    store.faults = 2
    assert list(sums(tree, tree.files())) == whole
    store.faults = 1000
    with pytest.raises(Unavailable, match="the line is down"):
        list(sums(tree, tree.files()))


def test_a_web_server_that_is_away_is_no_finding(monkeypatch):
    monkeypatch.setattr("appliance.proof.tree.time.sleep", lambda _seconds: None)
    with pytest.raises(Unavailable, match="cannot be read"):
        verify(WebTree("http://127.0.0.1:9"))


def test_I7_a_bucket_of_a_real_s3_server_is_proved_where_it_lies(sample, juicefs, capsys):
    place = f"s3://{juicefs.bucket()}/evidence"
    store = places.at(place, places.Access(endpoint=juicefs.endpoint, credentials_file=str(juicefs.credentials)))
    for path in files(sample.root):
        key = path.relative_to(sample.root).as_posix()
        store.put(key, path, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    how = ["--endpoint", juicefs.endpoint, "--credentials", str(juicefs.credentials)]
    assert command_line(["verify", place, "--key", str(sample.keys / "box.pub"), *how]) == 0
    said = capsys.readouterr().out
    assert said.startswith("OK  2 attempts, 1 exams, ")
    assert "3 checkpoints" in said
    clip = next(sample.second.glob("media/webcam/*.mp4")).relative_to(sample.root).as_posix()
    bucket = place.split("/")[2]
    with juicefs.client() as client:
        client.put_object(Bucket=bucket, Key=f"evidence/{clip}", Body=b"other")
        client.put_object(Bucket=bucket, Key="evidence/north/box-1/bio/new.txt", Body=b"x")
    assert command_line(["verify", f"{place}/north", *how]) == 1
    assert "bio/new.txt: it is in no manifest (and 1 more)" in capsys.readouterr().out
    with juicefs.client() as client:
        client.delete_object(Bucket=bucket, Key="evidence/north/box-1/bio/new.txt")
    assert command_line(["verify", f"{place}/north/box-1/bio", *how]) == 1
    assert "it was changed: it has 5 bytes instead of" in capsys.readouterr().out
    assert command_line(["verify", f"{place}/nothing", *how]) == 1
    assert "there is no evidence in it" in capsys.readouterr().out
