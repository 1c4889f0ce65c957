import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.bundle.manifest import File, FileKind, Gap, Head, Manifest, Missing, Reference
from appliance.errors import IntegrityError
from appliance.exam.place import numbered, place_of

HASH = "a" * 64
NAME = st.text("abcdefghijklmnop0123456789-", min_size=1, max_size=12)
TIME = st.floats(0, 4e9)
FILE = st.builds(
    File,
    file=NAME,
    kind=st.sampled_from(["segment", "report", "ledger", "snapshot", "playlist"]),
    size=st.integers(0, 2**40),
    sha256=st.just(HASH),
    starts_at=st.none() | TIME,
    ends_at=st.none() | TIME,
)
REFERENCE = st.builds(Reference, file=NAME, sha256=st.just(HASH), position=st.integers(1, 9999), hash=st.just(HASH))
MANIFEST = st.builds(
    Manifest,
    number=st.integers(1, 50),
    site=NAME,
    box=NAME,
    exam=NAME,
    attempt=st.none() | NAME,
    made_at=TIME,
    synchronised=st.booleans(),
    key=st.just(HASH),
    ledger=st.builds(
        Head,
        file=NAME,
        chain=NAME,
        after=st.just(0),
        after_hash=st.just("0" * 64),
        position=st.integers(1, 9999),
        hash=st.just(HASH),
    ),
    files=st.lists(FILE, max_size=4).map(tuple),
    gaps=st.lists(st.builds(Gap, kind=NAME, cause=NAME, starts_at=TIME, ends_at=st.none() | TIME), max_size=2).map(
        tuple
    ),
    missing=st.lists(st.builds(Missing, file=NAME, sha256=st.just(HASH), reason=st.text(max_size=9)), max_size=2).map(
        tuple
    ),
    open_feeds=st.lists(NAME, max_size=2).map(tuple),
    attempts=st.dictionaries(NAME, REFERENCE, max_size=3),
    previous=st.none() | REFERENCE,
)


@settings(max_examples=25)
@given(MANIFEST)
def test_a_manifest_comes_back_as_it_was_and_is_always_the_same_bytes(manifest):
    data = manifest.to_bytes()
    again = Manifest.from_bytes(data)
    assert again == manifest
    assert again.to_bytes() == data


@settings(max_examples=25)
@given(MANIFEST)
def test_the_sums_name_every_file_and_the_manifest_itself(manifest):
    lines = dict(reversed(line.split("  ")) for line in manifest.sums().decode().splitlines())
    assert {file.file for file in manifest.files} <= lines.keys()
    assert {reference.file for reference in manifest.attempts.values()} <= lines.keys()
    assert len(manifest.sums().splitlines()) == len(lines)


def example(**changes):
    said = json.loads(
        Manifest(
            number=1,
            site="s",
            box="b",
            exam="e",
            attempt="a",
            made_at=1.0,
            synchronised=True,
            key=HASH,
            ledger=Head(file="ledger.jsonl", chain="a", after=0, after_hash="0" * 64, position=1, hash=HASH),
            files=(File(file="x", kind="report", size=1, sha256=HASH),),
            attempts={},
        ).to_bytes()
    )
    return json.dumps(said | changes).encode()


def test_the_sum_of_the_manifest_is_that_of_its_bytes():
    manifest = Manifest.from_bytes(example())
    assert f"{hashlib.sha256(manifest.to_bytes()).hexdigest()}  manifest.json\n".encode() in manifest.sums()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"null",
        b"{}",
        b"\xff",
        example(schema="appliance.manifest/9"),
        example(more=1),
        example(files=None),
        example(files=[{"file": "x"}]),
        example(attempts=[]),
        example(previous="x"),
        *(
            example(files=[{"file": name, "kind": "report", "size": 1, "sha256": HASH}])
            for name in ("../x", "/etc/passwd", "a/../../x", "", "a//b", "./x")
        ),
    ],
)
def test_what_is_no_manifest_is_refused_in_words(data):
    with pytest.raises(IntegrityError) as refused:
        Manifest.from_bytes(data)
    assert len(str(refused.value)) > 10


def test_numbers_begin_with_the_second():
    assert numbered("manifest.json", 1) == "manifest.json"
    assert numbered("manifest.json", 2) == "manifest-2.json"
    assert numbered("SHA256SUMS.sig", 3) == "SHA256SUMS-3.sig"
    assert numbered("SHA256SUMS", 3) == "SHA256SUMS-3"
    assert numbered("media/webcam/playlist.m3u8", 2) == "media/webcam/playlist-2.m3u8"


def test_a_file_of_the_media_folder_has_its_place():
    assert place_of("bio/a1/webcam/1.mp4", "bio", "a1") == "media/webcam/1.mp4"
    assert place_of("bio/a1/snapshots/f-peak.jpg", "bio", "a1") == "snapshots/f-peak.jpg"


@pytest.mark.parametrize(
    "path", ["bio/a2/webcam/1.mp4", "bio/a1/1.mp4", "bio/a1/../a2", "bio/a1/../x", "/bio/a1/w/1.mp4"]
)
def test_a_file_of_somebody_else_has_none(path):
    with pytest.raises(IntegrityError):
        place_of(path, "bio", "a1")


SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "manifest.schema.json"


def test_the_published_schema_says_what_a_manifest_has_and_no_more():
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    shapes = {"head": Head, "file": File, "gap": Gap, "missing": Missing, "reference": Reference}
    for name, cls in shapes.items():
        assert set(schema["$defs"][name]["properties"]) == {field.name for field in fields(cls)}, name
    assert set(schema["properties"]) == {"schema"} | {field.name for field in fields(Manifest)}
    assert set(schema["properties"]) - set(schema["required"]) == {"withheld"}
    assert set(schema["$defs"]["file"]["properties"]["kind"]["enum"]) == set(get_args(FileKind))


@settings(max_examples=10)
@given(MANIFEST)
def test_what_a_box_writes_fits_the_published_schema(manifest):
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(json.loads(manifest.to_bytes()))
