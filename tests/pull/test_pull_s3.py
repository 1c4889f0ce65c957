"""`appliance pull` from a real S3 server: the same copy, and each mistake in words."""

import hashlib

import pytest

from appliance import cli
from appliance.proof.verify import verify
from appliance.stores import places
from appliance.stores.directory import DirectoryStore

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def bucket(juicefs, filled):
    """A bucket with what two boxes sent, under a prefix."""
    name = juicefs.bucket()
    access = places.Access(endpoint=juicefs.endpoint, credentials_file=str(juicefs.credentials))
    store = places.at(f"s3://{name}/evidence/2026", access)
    for found in DirectoryStore(filled).list("north"):
        data = (filled / found.key).read_bytes()
        store.put(found.key, data, sha256=hashlib.sha256(data).hexdigest())
    return name


def test_a_bucket_is_listed_copied_and_proved_like_a_folder(bucket, juicefs, tmp_path, capsys):
    where = [f"s3://{bucket}/evidence/2026", "--endpoint", juicefs.endpoint, "--credentials", str(juicefs.credentials)]
    assert cli.main(["pull", *where, "--list"]) == 0
    said = capsys.readouterr()
    assert "north  lab-1  bio" in said.out
    assert cli.main(["pull", where[0], str(tmp_path / "copy"), *where[1:]]) == 0
    assert "OK  north/lab-1/bio: 2 attempts" in capsys.readouterr().out
    assert verify(tmp_path / "copy/north/lab-1/bio").require().attempts == 2
    assert cli.main(["pull", where[0], str(tmp_path / "copy"), *where[1:]]) == 0
    assert "0 files fetched (0 B" in capsys.readouterr().out


@pytest.mark.parametrize("what", ["bucket", "key", "endpoint", "prefix"])
def test_what_is_wrong_about_a_store_is_a_sentence_with_a_next_step(bucket, juicefs, tmp_path, capsys, what):
    wrong = tmp_path / "credentials"
    wrong.write_text(juicefs.credentials.read_text(encoding="utf-8").replace("testsecret123", "no"), encoding="utf-8")
    location = {"bucket": "s3://nobody-has-this", "prefix": f"s3://{bucket}/elsewhere"}.get(what, f"s3://{bucket}")
    keys = wrong if what == "key" else juicefs.credentials
    endpoint = "http://127.0.0.1:9" if what == "endpoint" else juicefs.endpoint
    called = ["pull", location, str(tmp_path / "copy"), "--endpoint", endpoint, "--credentials", str(keys)]
    assert cli.main(called) == cli.WRONG
    said = capsys.readouterr().err
    assert said.startswith("appliance: "), said
    assert said.count("\n") >= 2, said
    assert "testsecret" not in said
    assert "appliance.toml" not in said, "there is no box here"
