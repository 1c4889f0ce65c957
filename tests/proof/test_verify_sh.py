"""`verify.sh` lies in each bundle and needs only sh, openssl and sha256sum."""

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.bundle.keys import BoxKey
from tests.proof.test_verify import files, resign, rewrite
from tests.sync import bundles

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not shutil.which("openssl") or not shutil.which("sha256sum"), reason="needs openssl and sha256sum"
    ),
]


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    yield from bundles.made_in(tmp_path_factory.mktemp("original"))


@pytest.fixture
def sample(original, tmp_path):
    return bundles.copied(original, tmp_path)


def check(folder: Path, *arguments: str, script: Path | None = None) -> tuple[int, str]:
    """In an environment with nothing but a PATH."""
    done = subprocess.run(
        ["sh", str(script or "verify.sh"), *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath},
    )
    return done.returncode, done.stdout + done.stderr


def test_I7_a_bundle_is_checked_by_what_lies_in_it(sample):
    key = BoxKey.from_folder(sample.keys).public
    for folder in (sample.first, sample.second, sample.exam):
        for given in ((), (str(sample.keys / "box.pub"),), (key.fingerprint,), (key.fingerprint.upper(),)):
            code, said = check(folder, *given)
            assert (code, said[:2]) == (0, "OK"), said
            assert key.fingerprint in said
            assert ("the key you gave" in said) == bool(given)
    done = subprocess.run(
        ["sh", "-ec", bundles.commands("sh verify.sh")],
        cwd=sample.exam,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath, "KEY": key.fingerprint},
    )
    assert done.stdout.count("as the box signed them") == 2, "as docs/verify.md has it"
    assert f"OK  {sample.first.name}/ " in said, "an exam's attempts are checked with it"
    assert check(sample.root, "--folder", str(sample.second), script=sample.first / "verify.sh")[0] == 0


def test_it_is_the_same_file_in_every_bundle_and_no_number_is_made_of_it(sample):
    assert len({path.read_bytes() for path in sample.root.rglob("verify*.sh")}) == 1
    assert not list(sample.root.rglob("verify-*.sh"))


def test_one_byte_of_any_file_is_found_by_it(sample):
    trusted = sample.root.parent / "verify.sh"
    shutil.copy(sample.first / "verify.sh", trusted)
    key = str(sample.keys / "box.pub")
    for path in files(sample.first):
        whole = path.read_bytes()
        raw = bytearray(whole)
        raw[len(raw) // 2] ^= 1
        path.write_bytes(raw)
        code, said = check(sample.first, key, "--folder", ".", script=trusted)
        assert code == 1, f"{path.name}: {said}"
        name = path.relative_to(sample.first).as_posix().replace(".sig", "")  # which of two it is it cannot know
        assert name.partition(".")[0] in said, said
        path.write_bytes(whole)
    assert check(sample.first, key)[0] == 0


def test_what_is_gone_too_much_or_of_another_box_is_named(sample, tmp_path):
    clip = next(sample.first.glob("media/webcam/*.mp4"))
    name = clip.relative_to(sample.first).as_posix()
    clip.rename(tmp_path / "aside")
    assert name in check(sample.first)[1]
    clip.symlink_to(tmp_path / "aside")
    assert f"WRONG  {name}: it is a link" in check(sample.first)[1]
    clip.unlink()
    (tmp_path / "aside").rename(clip)
    (sample.first / "media" / "new file").write_text("x")
    assert check(sample.first)[1] == "WRONG  media/new file: it is in no manifest\n"
    code, said = check(sample.exam)
    assert (code, said.splitlines()[-1]) == (1, f"WRONG  {sample.first.name}/media/new file: it is in no manifest")
    (sample.first / "media" / "new file").unlink()
    (sample.exam / "other").mkdir()
    (sample.exam / "other" / "x").write_text("x")
    assert check(sample.exam)[1] == "WRONG  other/x: it is in no manifest\n"
    (tmp_path / "keys").mkdir()
    other = BoxKey.from_folder(tmp_path / "keys")
    said = check(sample.second, other.public.fingerprint)[1]
    assert said == "WRONG  box.pub: it is not the key that you gave: another box signed this\n"
    for gone in ("manifest-2.json", "SHA256SUMS-2", "SHA256SUMS.sig", "manifest.sig"):
        whole = (sample.first / gone).read_bytes()
        (sample.first / gone).unlink()
        assert check(sample.first) == (1, f"WRONG  {gone}: it is missing\n")
        (sample.first / gone).write_bytes(whole)


def test_what_it_cannot_do_is_said_with_another_code(sample):
    for arguments, part in (
        (("--site-ca",), "needs a value"),
        (("--nonsense",), "is unknown"),
        (("hello",), "neither a public key"),
        (("--folder", "nowhere"), "there is no folder"),
        (("--tsa-ca", "nowhere"), "cannot be read"),
    ):
        code, said = check(sample.second, *arguments)
        assert code == 2, said
        assert part in said
    done = subprocess.run(
        ["sh", "verify.sh"],
        cwd=sample.second,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": os.defpath, "OPENSSL": "/nowhere"},
    )
    assert (done.returncode, "there is no openssl" in done.stderr) == (2, True)


def test_it_says_that_it_does_not_read_the_chain(sample):
    rewrite(sample.second, lambda links: links[:-1])
    resign(sample.second, sample.keys, lambda manifest: manifest)
    code, said = check(sample.second)
    assert code == 0
    assert "the chain of events was not looked at: `appliance verify` does" in said
    assert (
        hashlib.sha256((sample.second / "ledger.jsonl").read_bytes()).hexdigest()
        in (sample.second / "SHA256SUMS").read_text()
    )
