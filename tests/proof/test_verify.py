"""Whatever is done to evidence upstream is found, and named."""

import hashlib
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from appliance.bundle import chain_lines
from appliance.bundle.keys import BoxKey
from appliance.bundle.manifest import File, Manifest, Reference
from appliance.cli import main as command_line
from appliance.errors import BadInput, IntegrityError, NotFound
from appliance.ledger import chain
from appliance.proof.verify import verify
from tests.sync import bundles

pytestmark = pytest.mark.slow  # together too long for `make check`


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    yield from bundles.made_in(tmp_path_factory.mktemp("original"))


@pytest.fixture
def sample(original, tmp_path):
    return bundles.copied(original, tmp_path)


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def findings(folder: Path, key: Path | None = None) -> list[str]:
    return [str(finding) for finding in verify(folder, key=key).findings]


def test_it_is_proved_as_a_whole_and_in_parts(sample):
    for folder in (sample.root, sample.root / "north", sample.exam, sample.first, sample.second):
        for key in (None, sample.keys / "box.pub"):
            assert findings(folder, key) == []
    outcome = verify(sample.root)
    assert (outcome.attempts, outcome.exams, len(outcome.keys)) == (2, 1, 1)
    assert outcome.files > 30
    assert outcome.events > 40
    assert outcome.erased > 0
    assert outcome.bytes > 5000


def test_one_byte_of_any_file_is_found_and_the_file_is_named(sample):
    for path in files(sample.root):
        whole = path.read_bytes()
        raw = bytearray(whole)
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
        found = findings(sample.root)
        assert found, path.name
        assert found[0].startswith(path.relative_to(sample.root).as_posix() + ": "), f"{path.name}: {found}"
        path.write_bytes(whole)
    assert findings(sample.root) == []


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_change_of_any_file_is_found_with_the_key_and_without(sample, data):
    path = data.draw(st.sampled_from(files(sample.root)))
    whole = path.read_bytes()
    place = data.draw(st.integers(0, len(whole)))
    cut = data.draw(st.integers(0, 3))
    changed = whole[:place] + data.draw(st.binary(max_size=3)) + whole[place + cut :]
    try:
        path.write_bytes(changed)
        key = data.draw(st.sampled_from([None, sample.keys / "box.pub"]))
        found = findings(sample.root, key)
        assert bool(found) == (changed != whole)
        if found:
            assert found[0].startswith(path.relative_to(sample.root).as_posix())
    finally:
        path.write_bytes(whole)


def test_any_file_that_is_gone_is_named(sample):
    for path in files(sample.root):
        whole = path.read_bytes()
        path.unlink()
        found = findings(sample.root)
        assert any(one.startswith(path.relative_to(sample.root).as_posix()) for one in found), f"{path.name}: {found}"
        path.write_bytes(whole)


@pytest.mark.parametrize("where", ["", "north/box-1/bio", "first", "first/media/webcam", "first/snapshots", "north"])
def test_a_file_too_many_is_named(sample, where):
    folder = sample.exam / where.replace("first", sample.first.name) if "first" in where else sample.root / where
    (folder / "new.txt").write_text("hello")
    [found] = findings(sample.root)
    assert found == f"{(folder / 'new.txt').relative_to(sample.root).as_posix()}: it is in no manifest"


def test_a_link_is_not_a_file(sample):
    path = next(sample.first.glob("media/webcam/*.mp4"))
    path.rename(sample.root.parent / "elsewhere.mp4")
    path.symlink_to(sample.root.parent / "elsewhere.mp4")
    assert f"{path.relative_to(sample.root).as_posix()}: it is missing" in findings(sample.root)


def test_a_segment_that_was_dropped_is_named(sample):
    path = max(sample.second.glob("media/screen/*.mp4"))
    path.unlink()
    assert findings(sample.root) == [f"{path.relative_to(sample.root).as_posix()}: it is missing"]


def test_two_attempts_that_were_swapped_are_named(sample):
    passing = sample.exam / "passing"
    sample.first.rename(passing)
    sample.second.rename(sample.first)
    passing.rename(sample.second)
    found = findings(sample.root)
    assert {one.split(":")[0] for one in found} == {
        path.relative_to(sample.root).as_posix() for path in (sample.first, sample.second)
    }
    assert all("was moved here" in one for one in found)


def test_an_attempt_of_which_nothing_is_left_is_named(sample):
    shutil.rmtree(sample.second)
    [found] = findings(sample.root)
    assert f"{sample.second.name}: it is missing" in found


def test_an_attempt_that_nobody_named_is_found(sample):
    shutil.copytree(sample.second, sample.exam / "0123456789abcdef")
    assert any("0123456789abcdef: it is in no manifest of this exam" in one for one in findings(sample.root))


def test_an_exam_under_another_name_is_found(sample):
    sample.exam.rename(sample.exam.with_name("chemistry"))
    assert "was moved here" in findings(sample.root)[0]
    assert findings(sample.exam.with_name("chemistry")) == [], "asked for by itself, its folder may have any name"


def test_without_the_manifest_of_the_exam_the_attempts_are_not_enough(sample):
    for path in sample.exam.iterdir():
        if path.is_file() or path.name.startswith("report"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    assert "manifest.json: it is missing" in findings(sample.root)[0]
    assert findings(sample.first) == []


def test_going_back_to_the_manifest_before_is_found_by_the_exam(sample):
    for path in files(sample.first):
        if "-2" in path.relative_to(sample.first).parts[0] or path.name.endswith("-2.jsonl"):
            path.unlink()
    kept = {file.file for file in Manifest.from_bytes((sample.first / "manifest.json").read_bytes()).files}
    for path in sample.first.glob("snapshots/*"):
        if path.relative_to(sample.first).as_posix() not in kept:
            path.unlink()
    assert findings(sample.first) == [], "what is left is a proof of less"
    found = findings(sample.root)
    assert any("manifest-2.json: it is missing" in one for one in found)
    assert any("vouched for event" in one and "ends before it" in one for one in found)


def resign(folder: Path, keys: Path, change, number: int = 1) -> None:
    """What somebody with the box's key could do."""
    suffix = "" if number == 1 else f"-{number}"
    key = BoxKey.from_folder(keys)
    manifest = change(Manifest.from_bytes((folder / f"manifest{suffix}.json").read_bytes()))
    manifest = replace(manifest, files=tuple(now(folder, file) for file in manifest.files))
    data = manifest.to_bytes()
    (folder / f"manifest{suffix}.json").write_bytes(data)
    (folder / f"manifest{suffix}.sig").write_bytes(key.sign(data))
    (folder / f"SHA256SUMS{suffix}").write_bytes(manifest.sums())
    (folder / f"SHA256SUMS{suffix}.sig").write_bytes(key.sign(manifest.sums()))


def now(folder: Path, file: File) -> File:
    data = (folder / file.file).read_bytes()
    return replace(file, size=len(data), sha256=hashlib.sha256(data).hexdigest())


def rewrite(folder: Path, change, name: str = "ledger.jsonl") -> None:
    links = change(chain_lines.parse((folder / name).read_bytes()))
    (folder / name).write_bytes(b"".join(chain_lines.line(link) for link in links))


def test_an_edited_event_is_named_even_if_everything_is_signed_again(sample):
    def edit(links):
        body = links[4].body.replace(b'"actor":"', b'"actor":"x')
        links[4] = chain.Link(body=body, hash=links[4].hash, payload=links[4].payload, salt=links[4].salt)
        return links

    rewrite(sample.second, edit)
    assert "ledger.jsonl: it was changed" in findings(sample.second)[0]
    resign(sample.second, sample.keys, lambda manifest: manifest)
    found = findings(sample.second)
    assert "ledger.jsonl: event 5 of chain" in found[0]
    assert "was changed" in found[0]


def test_an_edited_payload_is_named(sample):
    def edit(links):
        links[0] = replace(links[0], payload=links[0].payload.replace(b"Candidate", b"Somebody"))
        return links

    rewrite(sample.second, edit)
    resign(sample.second, sample.keys, lambda manifest: manifest)
    assert "the payload of event 1" in findings(sample.second)[0]


def test_an_erased_payload_breaks_nothing(sample):
    def erase(links):
        links[0] = replace(links[0], payload=None, salt=None)
        return links

    rewrite(sample.second, erase)
    resign(sample.second, sample.keys, lambda manifest: manifest)
    outcome = verify(sample.second)
    assert (outcome.findings, outcome.erased) == ([], 1)


@pytest.mark.parametrize("take", [slice(None, -1), slice(1, None), slice(0, 0)])
def test_a_chain_that_was_cut_is_found_even_if_its_own_manifest_is_signed_again(sample, take):
    rewrite(sample.second, lambda links: links[take])
    resign(sample.second, sample.keys, lambda manifest: manifest)
    assert "ledger.jsonl: " in findings(sample.second)[0]


def test_a_chain_cut_together_with_its_head_is_found_by_what_the_box_vouched_for(sample):
    links = chain_lines.parse((sample.second / "ledger.jsonl").read_bytes())[:-1]
    rewrite(sample.second, lambda _: links)

    def shorter(manifest):
        head = replace(manifest.ledger, position=manifest.ledger.position - 1, hash=links[-1].hash.hex())
        return replace(manifest, ledger=head)

    resign(sample.second, sample.keys, shorter)
    assert findings(sample.second) == [], "alone, it is a proof of less: docs/verify.md says so"
    found = findings(sample.exam)
    assert any("is not the manifest that the exam's manifest names" in one for one in found)
    reference = Manifest.from_bytes((sample.second / "manifest.json").read_bytes())

    def agree(manifest):
        sha256 = hashlib.sha256(reference.to_bytes()).hexdigest()
        head = reference.ledger
        other = Reference(
            file=f"{sample.second.name}/manifest.json", sha256=sha256, position=head.position, hash=head.hash
        )
        return replace(manifest, attempts=manifest.attempts | {sample.second.name: other})

    resign(sample.exam, sample.keys, agree, number=2)
    found = findings(sample.exam)
    assert found
    assert all("vouched for event" in one and "ends before it" in one for one in found)


def test_a_segment_left_out_of_the_manifest_is_named_by_the_ledger(sample):
    path = min(sample.second.glob("media/webcam/*.mp4"))
    name = path.relative_to(sample.second).as_posix()
    path.unlink()

    def without(manifest):
        return replace(manifest, files=tuple(file for file in manifest.files if file.file != name))

    resign(sample.second, sample.keys, without)
    [found] = findings(sample.second)
    assert found == f"{name}: the ledger says that it was recorded, and the manifest does not have it"


def test_a_gap_left_out_of_the_manifest_is_named_by_the_ledger(sample):
    assert Manifest.from_bytes((sample.second / "manifest.json").read_bytes()).gaps
    resign(sample.second, sample.keys, lambda manifest: replace(manifest, gaps=manifest.gaps[1:]))
    assert findings(sample.second) == ["manifest.json: it does not name the same gaps in the recording as the ledger"]


def test_a_snapshot_left_out_of_the_manifest_is_named_by_the_ledger(sample):
    path = next(sample.second.glob("snapshots/*-peak.jpg"))
    name = path.relative_to(sample.second).as_posix()
    path.unlink()

    def without(manifest):
        return replace(manifest, files=tuple(file for file in manifest.files if file.file != name))

    resign(sample.second, sample.keys, without)
    [found] = findings(sample.second)
    assert found.startswith(name)


def test_another_key_than_the_one_from_another_place_is_found(sample, tmp_path):
    (tmp_path / "other").mkdir()
    other = BoxKey.from_folder(tmp_path / "other")
    (sample.second / "box.pub").write_bytes(other.public.pem)
    resign(sample.second, tmp_path / "other", lambda manifest: replace(manifest, key=other.public.fingerprint))
    assert findings(sample.second) == [], "without the true key nobody can tell: docs/verify.md says so"
    assert "box.pub: it is not the key that was given" in findings(sample.second, sample.keys / "box.pub")[0]
    assert any("it is of another box than its exam" in one for one in findings(sample.exam))


def test_what_somebody_else_signed_with_the_true_key_in_place_is_found(sample, tmp_path):
    (tmp_path / "other").mkdir()
    BoxKey.from_folder(tmp_path / "other")
    resign(sample.second, tmp_path / "other", lambda manifest: manifest)
    assert "signed by this key" in findings(sample.second)[0]


def test_questions_that_make_no_sense_are_answered_in_words(sample, tmp_path):
    with pytest.raises(NotFound, match="no folder"):
        verify(tmp_path / "nothing")
    with pytest.raises(NotFound, match="cannot be read"):
        verify(sample.root, key=tmp_path / "nothing")
    (tmp_path / "key").write_text("hello")
    with pytest.raises(BadInput, match="cannot be used"):
        verify(sample.root, key=tmp_path / "key")
    (tmp_path / "empty").mkdir()
    assert "no evidence" in findings(tmp_path / "empty")[0]
    next(iter(sample.first.glob("media/webcam/*.mp4"))).unlink()
    with pytest.raises(IntegrityError, match="missing"):
        verify(sample.root).require()


def test_an_upload_that_is_not_complete_is_said_to_be_so(sample):
    for name in ("manifest", "SHA256SUMS"):
        for path in sample.second.glob(f"{name}*"):
            path.unlink()
    (sample.second / "box.pub").unlink()
    assert "box.pub: it is missing" in findings(sample.second)[0]
    (sample.second / "ledger.jsonl").unlink()
    assert findings(sample.second), "recordings alone are no evidence"


def test_the_command_says_ok_or_the_first_thing(sample, capsys):
    assert command_line(["verify", str(sample.root)]) == 0
    said = capsys.readouterr().out
    assert said.startswith("OK  2 attempts, 1 exams, ")
    assert "compare it with the box's own" in said
    assert command_line(["verify", str(sample.root), "--key", str(sample.keys / "box.pub")]) == 0
    assert "the key you gave" in capsys.readouterr().out
    path = next(sample.first.glob("media/webcam/*.mp4"))
    path.write_bytes(b"")
    assert command_line(["verify", str(sample.root)]) == 1
    assert path.name in capsys.readouterr().out


def test_it_needs_neither_the_box_nor_its_database():
    blocked = ["sqlalchemy", "alembic", "flask", "av", "aiortc", "openvino", "numpy", "cv2", "typst"]
    code = (
        f"import sys\nsys.modules.update(dict.fromkeys({blocked!r}))\n"
        "from appliance.proof import verify\nprint(sorted(m for m in sys.modules if m.startswith('appliance')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "appliance.proof.bundle_proof" in done.stdout


@pytest.mark.skipif(not shutil.which("openssl") or not shutil.which("sha256sum"), reason="needs openssl and sha256sum")
def test_openssl_and_sha256sum_are_enough(sample):
    """The commands of docs/verify.md, word for word."""
    script = bundles.commands("sha256sum -c")

    def check(folder):
        done = subprocess.run(["sh", "-ec", script], cwd=folder, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    for folder in (sample.second, sample.exam):
        code, said = check(folder)
        assert code == 0, said
        assert "Signature Verified Successfully" in said
    script, by_hand = bundles.commands("openssl pkey "), script
    key = BoxKey.from_folder(sample.keys).public
    assert check(sample.second) == (0, f"{key.fingerprint}  -\n")
    script = by_hand
    path = next(sample.second.glob("media/webcam/*.mp4"))
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    code, said = check(sample.second)
    assert code != 0
    assert f"{path.name}: FAILED" in said
    sums = sample.second / "SHA256SUMS"
    sums.write_bytes(sums.read_bytes().replace(b"a", b"b"))
    code, said = check(sample.second)
    assert code != 0
    assert "Signature Verification Failure" in said


def test_its_manifests_fit_the_published_schema(sample):
    schema = json.loads((Path(__file__).parents[2] / "docs" / "manifest.schema.json").read_text(encoding="utf-8"))
    validator = jsonschema.Draft202012Validator(schema)
    found = sorted(sample.root.rglob("manifest*.json"))
    assert len(found) == 5
    for path in found:
        validator.validate(json.loads(path.read_bytes()))


def test_the_exported_events_are_those_of_the_ledger(sample):
    lines = [json.loads(line) for line in (sample.second / "ledger.jsonl").read_text().splitlines()]
    assert [json.loads(line["body"])["position"] for line in lines] == list(range(1, len(lines) + 1))
    for line in lines:
        assert hashlib.sha256(line["body"].encode()).hexdigest() == line["hash"]
        payload = hashlib.sha256(bytes.fromhex(line["salt"]) + line["payload"].encode()).hexdigest()
        assert json.loads(line["body"])["payload"] == payload


def test_a_chain_is_read_the_same_in_pieces_of_any_length(sample):
    data = (sample.second / "ledger.jsonl").read_bytes()
    for size in (1, 7, 1000, len(data)):
        pieces = (data[at : at + size] for at in range(0, len(data), size))
        assert list(chain_lines.stream(pieces)) == chain_lines.parse(data)


@pytest.mark.parametrize(
    "data", [b"{}\n", b"[]\n", b'{"body":1}\n', b"\xff\n", b'{"body":"","hash":"zz","payload":null,"salt":null}']
)
def test_a_line_that_is_no_event_is_named(data):
    with pytest.raises(IntegrityError, match="line 1 is not an event"):
        chain_lines.parse(data)
