"""The S3 driver keeps the contract of stores on Ceph, with and without versions and object lock. `make test-ceph`."""

import contextlib
import datetime
import hashlib
import itertools
import json
import random

import pytest

from appliance.bundle.keys import BoxKey
from appliance.errors import StorageFull
from appliance.stores.port import Conflict, Refused
from appliance.stores.s3 import Keeping, S3Store
from appliance.stores.s3_client import Client, Server
from appliance.stores.sums import PART, PARTED_ABOVE
from appliance.sync.claim import claim
from tests.stores.contract import *  # noqa: F403 - the suite

pytestmark = [pytest.mark.ceph, pytest.mark.long]

NUMBERS = itertools.count()
BUCKETS = {"plain": {}, "versions": {"versions": True}, "lock": {"lock": True}}
LOCKED = Keeping(lock_mode="compliance", lock_days=1)


def sha(data):
    return hashlib.sha256(data).hexdigest()


def client_of(ceph, bucket, credentials=None):
    return Client(Server(bucket=bucket, endpoint=ceph.endpoint, credentials_file=str(credentials or ceph.credentials)))


@pytest.fixture(scope="module")
def clients(ceph):
    return {kind: client_of(ceph, ceph.bucket(**how)) for kind, how in BUCKETS.items()}


@pytest.fixture(params=BUCKETS)
def driver(request, clients):
    client = clients[request.param]
    with contextlib.closing(client):
        keeping = LOCKED if request.param == "lock" else Keeping()
        yield S3Store(client, prefix=f"{next(NUMBERS)}", keeping=keeping)


@pytest.fixture
def bucket(clients):
    """-> a store in a bucket of a kind."""
    with contextlib.ExitStack() as stack:

        def opened(kind, keeping=None):
            stack.callback(clients[kind].close)
            return S3Store(clients[kind], prefix=f"{next(NUMBERS)}", keeping=keeping)

        yield opened


def test_a_large_object_in_parts_is_proved_although_ceph_gives_no_checksum_back_at_its_end(bucket, tmp_path):
    data = random.Random(1).randbytes(PARTED_ABOVE + PART // 2)
    (tmp_path / "large").write_bytes(data)
    store = bucket("lock", Keeping(lock_mode="governance", lock_days=1, parts=tmp_path / "parts"))
    assert store.put("large", tmp_path / "large", sha256=sha(data)) is True
    assert store.confirm("large", tmp_path / "large", sha256=sha(data))
    [listed] = store.list("")
    assert listed.checksum.endswith("-5")
    assert store.put("large", tmp_path / "large", sha256=sha(data)) is False


def test_I7_what_is_locked_nobody_deletes_before_its_day(bucket, ceph):
    store = bucket("lock", LOCKED)
    store.put("a/x", b"one", sha256=sha(b"one"))
    with ceph.client() as client:
        where = {"Bucket": store._bucket, "Key": f"{store._prefix}a/x"}
        there = client.head_object(**where)
        assert there["ObjectLockMode"] == "COMPLIANCE"
        left = there["ObjectLockRetainUntilDate"] - datetime.datetime.now(datetime.UTC)
        assert datetime.timedelta(hours=23) < left <= datetime.timedelta(days=1)
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.delete_object(**where, VersionId=there["VersionId"])


def test_a_lock_is_refused_where_the_bucket_has_none(bucket):
    with pytest.raises(Refused, match="no object lock"):
        bucket("plain", LOCKED).put("a/x", b"one", sha256=sha(b"one"))


def test_what_was_put_over_ours_by_somebody_is_seen_and_what_was_deleted_is_sent_again(bucket, ceph):
    store = bucket("versions")
    store.put("a/x", b"one", sha256=sha(b"one"))
    with ceph.client() as client:
        where = {"Bucket": store._bucket, "Key": f"{store._prefix}a/x"}
        client.put_object(**where, Body=b"two")
        assert not store.confirm("a/x", b"one", sha256=sha(b"one"))
        with pytest.raises(Conflict):
            store.put("a/x", b"one", sha256=sha(b"one"))
        client.delete_object(**where)
    assert not store.confirm("a/x", b"one", sha256=sha(b"one"))
    assert store.put("a/x", b"one", sha256=sha(b"one")) is True


OWN = ("PutObject", "GetObject", "AbortMultipartUpload", "ListMultipartUploadParts", "PutObjectRetention")
WHOLE = ("ListBucketMultipartUploads", "GetBucketObjectLockConfiguration")


def statement(bucket, user, actions, resource="", **condition):
    return {
        "Effect": "Allow",
        "Principal": {"AWS": [f"arn:aws:iam:::user/{user}"]},
        "Action": [f"s3:{action}" for action in actions],
        "Resource": [f"arn:aws:s3:::{bucket}{resource}"],
    } | ({"Condition": condition} if condition else {})


def allow(ceph, bucket, *statements):
    """As central IT would; docs/stores.md has the same policy."""
    with ceph.client() as client:
        policy = {"Version": "2012-10-17", "Statement": list(statements)}
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


def test_I7_the_least_rights_suffice_for_its_own_folder_and_deleting_is_not_among_them(ceph, tmp_path):
    name = ceph.bucket(lock=True)
    allow(
        ceph,
        name,
        statement(name, "box", OWN, "/north/lab-1/*"),
        statement(name, "box", ["ListBucket"], StringLike={"s3:prefix": ["north/lab-1/*"]}),
        statement(name, "box", WHOLE),
    )
    with contextlib.closing(client_of(ceph, name)) as client:
        S3Store(client).put("north/lab-2/secret", b"theirs", sha256=sha(b"theirs"))
    client = client_of(ceph, name, ceph.user("box"))
    data = random.Random(2).randbytes(PARTED_ABOVE + 1)
    (tmp_path / "large").write_bytes(data)
    keeping = Keeping(lock_mode="governance", lock_days=1, parts=tmp_path / "parts")
    with contextlib.closing(client):
        store = S3Store(client, keeping=keeping)
        assert claim(store, "north", "lab-1", BoxKey.from_folder(tmp_path).public.pem)
        assert store.stat("north/lab-1/a/x") is None
        assert store.put("north/lab-1/a/x", b"one", sha256=sha(b"one"))
        assert store.confirm("north/lab-1/a/x", b"one", sha256=sha(b"one"))
        assert store.put("north/lab-1/large", tmp_path / "large", sha256=sha(data))
        assert store.confirm("north/lab-1/large", tmp_path / "large", sha256=sha(data))
        for other in (
            lambda: list(store.read("north/lab-2/secret")),
            lambda: list(store.list("north/lab-2")),
            lambda: store.put("north/lab-2/x", b"1", sha256=sha(b"1")),
            lambda: client.ask("delete_object", doing="delete from", Key="north/lab-1/a/x"),
        ):
            with pytest.raises(Refused, match="may not"):
                other()


def test_I7_a_read_only_key_reads_and_is_refused_in_words_when_it_writes(ceph):
    name = ceph.bucket()
    with contextlib.closing(client_of(ceph, name)) as client:
        S3Store(client).put("a/x", b"one", sha256=sha(b"one"))
    reader = ceph.user("reader")
    allow(ceph, name, statement(name, "reader", ["GetObject"], "/*"), statement(name, "reader", ["ListBucket"]))
    with contextlib.closing(client_of(ceph, name, reader)) as client:
        store = S3Store(client)
        assert b"".join(store.read("a/x")) == b"one"
        assert [found.key for found in store.list("")] == ["a/x"]
        with pytest.raises(Refused, match=f"may not write to bucket {name}") as refused:
            store.put("a/y", b"two", sha256=sha(b"two"))
        assert "rights" in refused.value.hint


def test_I7_a_full_bucket_is_told_as_such(ceph):
    name = ceph.bucket()
    ceph.quota(name, 1 << 20)
    full = pytest.raises(StorageFull, match="full or over its quota")
    with contextlib.closing(client_of(ceph, name)) as client, full:
        S3Store(client).put("a/x", bytes(2 << 20), sha256=sha(bytes(2 << 20)))


def test_I7_a_clock_that_is_off_by_a_day_is_named_with_both_times(ceph, bucket, monkeypatch):
    from botocore import auth

    now = auth.get_current_datetime
    monkeypatch.setattr(auth, "get_current_datetime", lambda *a, **k: now(*a, **k) - datetime.timedelta(days=1))
    with pytest.raises(Refused, match="clocks of box and store differ"):
        bucket("plain").put("a/x", b"one", sha256=sha(b"one"))
