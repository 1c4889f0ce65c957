"""Many labs, one store: none starves, none touches another's, one pull and one query read them all."""

import hashlib
import json
import statistics

import duckdb
import pytest

from appliance import cli
from appliance.bundle.keys import BoxKey
from appliance.stores.port import Refused
from appliance.stores.s3 import S3Store
from appliance.sync.claim import claim
from scripts import scale
from tests.sync.many import SITE, keys_of, raced, said

pytestmark = pytest.mark.slow

HASTY = 3.0
"""Times the median: nobody takes longer."""


@pytest.mark.parametrize("count", [8, pytest.param(50, marks=pytest.mark.long)])
def test_I7_boxes_that_all_come_at_once_are_through_together_and_are_read_by_one_pull_and_one_query(
    tmp_path, juicefs, capsys, count
):
    bucket = juicefs.bucket()
    place = {"bucket": bucket, "endpoint": juicefs.endpoint, "credentials_of": lambda _box: juicefs.credentials}
    with raced(tmp_path, count, **place) as racers, juicefs.client() as everything:
        with capsys.disabled():
            print(f"\n{said(racers)}", end=" ")
        nobody_starved(racers)
        keys = names(everything, bucket)
        each_has_its_own_corner(racers, keys)
        as_many_requests_as_worked_out(racers)
        another_box_cannot_take_a_name(racers[0], tmp_path)
        assert names(everything, bucket) == keys
        credentials = ("--endpoint", juicefs.endpoint, "--credentials", str(juicefs.credentials))
        one_pull_and_one_query_read_them_all(racers, f"s3://{bucket}", credentials, tmp_path, capsys)


def nobody_starved(racers):
    took = [racer.took for racer in racers]
    assert max(took) < HASTY * statistics.median(took)
    first = min(took)
    for racer in racers:  # when the first was through, everybody was well on the way
        assert racer.had(first) > racer.sent[-1][1] / 4, f"{racer.rig.box}: {racer.had(first)} of {racer.sent[-1][1]}"


def names(client, bucket):
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {found["Key"] for page in pages for found in page.get("Contents", ())}


def each_has_its_own_corner(racers, keys):
    for racer in racers:
        own = {key for key in keys if key.startswith(f"{SITE}/{racer.rig.box}/")}
        assert f"{SITE}/{racer.rig.box}/_box/box.pub" in own
        assert f"{SITE}/{racer.rig.box}/bio/manifest.json" in own
        keys = keys - own
    assert keys == set()


def as_many_requests_as_worked_out(racers):
    """docs/scale.md counts on it: one PUT and two HEAD for each object, a listing for each attempt and exam."""
    for racer in racers:
        objects = racer.asked["put_object"]
        assert racer.asked["head_object"] <= scale.HEAD * objects * 1.3
        assert racer.asked["list_objects_v2"] <= 6
        assert objects >= racer.sent[-1][1]
        assert "get_object" not in racer.asked or racer.asked["get_object"] <= 2


def another_box_cannot_take_a_name(racer, folder):
    (folder / "rogue").mkdir()
    rogue = BoxKey.from_folder(folder / "rogue")
    with pytest.raises(Refused, match="belongs to another box"):
        claim(racer.rig.store, SITE, racer.rig.box, rogue.public.pem)


def one_pull_and_one_query_read_them_all(racers, url, credentials, folder, capsys):
    capsys.readouterr()
    code = cli.main(["pull", url, "--list", "--json", *credentials])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    listed = json.loads(printed.out)
    assert {exam["box"] for exam in listed["exams"]} == {racer.rig.box for racer in racers}
    assert listed["requests"] <= 2 + (1 + scale.CATALOGUE_REQUESTS) * len(racers)
    keys = keys_of(racers, folder / "keys")
    copy = folder / "copy"
    code = cli.main(["pull", url, str(copy), "--reports-only", "--key", str(keys), *credentials])
    printed = capsys.readouterr()
    assert code == 0, printed.err
    assert f"{len(racers)} of {len(racers)} exams proved" in printed.out
    reports = f"{copy}/*/*/*/report/report.json"
    query = "SELECT count(*), sum(len(attempts)) FROM read_json(?, union_by_name = true)"
    assert duckdb.execute(query, [reports]).fetchone() == (len(racers), len(racers))


@pytest.mark.ceph
@pytest.mark.long
@pytest.mark.timeout(600)
def test_I7_on_a_real_ceph_each_of_fifty_boxes_has_a_key_for_its_own_corner_only(tmp_path, ceph, capsys):
    bucket, count = ceph.bucket(), 50
    users = {f"lab-{number}": f"lab{number}" for number in range(1, count + 1)}
    files = {box: ceph.user(user) for box, user in users.items()}
    with ceph.client() as everything:
        statements = [rule for box, user in users.items() for rule in own_corner(bucket, user, f"{SITE}/{box}")]
        statements.append(all_to_read(bucket, "lab"))
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        everything.put_bucket_policy(Bucket=bucket, Policy=policy)
        place = {"bucket": bucket, "endpoint": ceph.endpoint, "credentials_of": files.__getitem__}
        with raced(tmp_path, count, **place) as racers:
            with capsys.disabled():
                print(f"\n{said(racers)}", end=" ")
            nobody_starved(racers)
            each_has_its_own_corner(racers, names(everything, bucket))
            nosy: S3Store = racers[0].rig.store
            with pytest.raises(Refused):
                b"".join(nosy.read(f"{SITE}/lab-2/bio/manifest.json"))
            with pytest.raises(Refused):
                list(nosy.list(f"{SITE}/lab-2"))
            with pytest.raises(Refused):
                nosy.put(f"{SITE}/lab-2/bio/other", b"x", sha256=hashlib.sha256(b"x").hexdigest())
            credentials = ("--endpoint", ceph.endpoint, "--credentials", str(ceph.credentials))
            one_pull_and_one_query_read_them_all(racers, f"s3://{bucket}", credentials, tmp_path, capsys)


def own_corner(bucket, user, prefix):
    """A box reads, writes and lists under its own prefix, and deletes nowhere."""
    who = {"AWS": [f"arn:aws:iam:::user/{user}"]}
    here = f"arn:aws:s3:::{bucket}"
    yield {
        "Effect": "Allow",
        "Principal": who,
        "Action": ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
        "Resource": [f"{here}/{prefix}/*"],
    }
    yield {
        "Effect": "Allow",
        "Principal": who,
        "Action": ["s3:ListBucket"],
        "Resource": [here],
        "Condition": {"StringLike": {"s3:prefix": [f"{prefix}/*"]}},
    }


def all_to_read(bucket, user):
    """Central IT: on Ceph an object belongs to who wrote it, and the bucket's owner may not read it without a word."""
    return {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam:::user/{user}"]},
        "Action": ["s3:GetObject", "s3:ListBucket"],
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
