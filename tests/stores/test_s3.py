"""The S3 driver on a real server: what it sends, what counts as a receipt, what goes wrong and in which words."""

import contextlib
import hashlib
import ipaddress
import itertools
import random
import ssl
import threading
import tracemalloc

import pytest

from appliance.box.authority import Authority
from appliance.errors import StorageFull, Unavailable
from appliance.stores.port import Conflict, Refused
from appliance.stores.s3 import Keeping, S3Store
from appliance.stores.s3_client import Client, Server
from appliance.stores.sums import PART, PARTED_ABOVE, Sums
from tests.servers.juicefs import running
from tests.servers.proxy import Fault, between

pytestmark = pytest.mark.slow

NUMBERS = itertools.count()
LARGE = random.Random(7).randbytes(PARTED_ABOVE + PART // 2)


def sha(data):
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def line(juicefs):
    with between(juicefs.endpoint) as proxy:
        proxy.bucket = juicefs.bucket()
        yield proxy


@pytest.fixture(scope="module")
def client(juicefs, line):
    """One for all: making one takes longer than a test. It asks through the proxy."""
    return Client(Server(bucket=line.bucket, endpoint=line.endpoint, credentials_file=str(juicefs.credentials)))


@pytest.fixture
def parts(tmp_path):
    return tmp_path / "parts"


@pytest.fixture
def store(client, line, parts):
    line.requests.clear()
    line.faults.clear()
    with contextlib.closing(client):
        yield S3Store(client, prefix=f"{next(NUMBERS)}", keeping=Keeping(parts=parts))


def put(store, key, data):
    return store.put(key, data, sha256=sha(data))


def puts(line):
    return [request for request in line.requests if request.startswith("PUT")]


def behind(juicefs, line, store, key, data, **more):
    """Somebody writes to the bucket who is not this box."""
    with juicefs.client() as client:
        name = store._prefix + key
        client.put_object(Bucket=line.bucket, Key=name, Body=data, **more)


def test_every_object_says_its_sha_256_and_its_type(store, juicefs, line):
    put(store, "a/index.html", b"<p>")
    with juicefs.client() as client:
        told = client.head_object(Bucket=line.bucket, Key=f"{store._prefix}a/index.html")
    assert told["Metadata"] == {"sha256": sha(b"<p>")}
    assert told["ContentType"] == "text/html"


def test_a_listing_is_receipt_enough_where_its_checksum_is_that_of_the_source(store, line):
    put(store, "a/x", b"one")
    [listed] = store.list("a")
    line.requests.clear()
    assert store.confirm("a/x", b"one", sha256=sha(b"one"), listed=listed)
    assert line.requests == []
    assert not store.confirm("a/x", b"two", sha256=sha(b"two"), listed=listed)


def test_with_content_as_receipt_every_object_is_read_back(store, client, line):
    put(store, "a/x", b"one")
    [listed] = store.list("a")
    careful = S3Store(client, prefix=store._prefix.strip("/"), keeping=Keeping(content=True))
    line.requests.clear()
    assert careful.confirm("a/x", b"one", sha256=sha(b"one"), listed=listed)
    assert [request.split()[0] for request in line.requests] == ["GET"]


def test_I7_what_somebody_changed_upstream_is_no_receipt_and_not_written_over(store, juicefs, line):
    put(store, "a/x", b"one")
    behind(juicefs, line, store, "a/x", b"two", Metadata={"sha256": sha(b"one")})
    assert not store.confirm("a/x", b"one", sha256=sha(b"one"))
    line.requests.clear()
    with pytest.raises(Conflict, match="a/x"):
        put(store, "a/x", b"one")
    assert puts(line) == []
    assert b"".join(store.read("a/x")) == b"two"


def test_where_the_stores_checksum_is_not_one_of_the_content_the_object_is_read_back(store, juicefs, line):
    """As with KMS, or where somebody copied it in other parts."""
    with juicefs.client() as client:
        name = f"{store._prefix}a/x"
        upload = client.create_multipart_upload(Bucket=line.bucket, Key=name)["UploadId"]
        part = client.upload_part(Bucket=line.bucket, Key=name, UploadId=upload, PartNumber=1, Body=b"one")
        client.complete_multipart_upload(
            Bucket=line.bucket,
            Key=name,
            UploadId=upload,
            MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
        )
    assert store.stat("a/x").checksum.endswith("-1")
    assert store.confirm("a/x", b"one", sha256=sha(b"one"))
    assert put(store, "a/x", b"one") is False
    assert not store.confirm("a/x", b"two", sha256=sha(b"two"))


def test_a_receipt_for_a_source_that_is_gone_comes_from_what_is_there(store, tmp_path):
    put(store, "a/x", b"one")
    assert store.confirm("a/x", tmp_path / "gone", sha256=sha(b"one"))


def test_more_than_one_page_is_listed(store, client, monkeypatch):
    asked = client.ask
    monkeypatch.setattr(client, "ask", lambda *a, **k: asked(*a, **(k | ({"MaxKeys": 2} if "list" in a[0] else {}))))
    for number in range(5):
        put(store, f"a/{number}/x", b"1")
    assert len(list(store.list(""))) == 5
    assert sorted(store.folders("a")) == ["0", "1", "2", "3", "4"]


def test_several_threads_put_at_the_same_time(store):
    done = []

    def work(first):
        for number in range(10):
            done.append(put(store, f"t/{first}/{number}", b"%d" % number))

    threads = [threading.Thread(target=work, args=(first,)) for first in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done == [True] * 60
    assert len(list(store.list("t"))) == 60


def test_memory_does_not_grow_with_what_is_sent(store, tmp_path):
    file = tmp_path / "segment.mp4"
    with open(file, "wb") as out:
        out.truncate(30 << 20)
    sums = hashlib.sha256(bytes(30 << 20)).hexdigest()
    put(store, "warm", b"up")
    tracemalloc.start()
    try:
        store.put("a/segment.mp4", file, sha256=sums)
        assert tracemalloc.get_traced_memory()[1] < 5 << 20
    finally:
        tracemalloc.stop()


class Meter:
    def __init__(self):
        self.taken = []

    def take(self, size):
        self.taken.append(size)


def test_each_byte_is_asked_of_the_pace_once(client, line, tmp_path):
    meter = Meter()
    with contextlib.closing(client):
        store = S3Store(client, prefix=f"{next(NUMBERS)}", keeping=Keeping(parts=tmp_path / "p"), pace=meter)
        file = tmp_path / "large"
        file.write_bytes(LARGE)
        put(store, "small", b"x" * 300_000)
        assert sum(meter.taken) == 300_000
        store.put("large", file, sha256=sha(LARGE))
    assert sum(meter.taken) == 300_000 + len(LARGE)
    assert max(meter.taken) <= 1 << 20


# --- large objects


@pytest.fixture
def large(tmp_path):
    file = tmp_path / "large.mp4"
    file.write_bytes(LARGE)
    return file


def test_a_large_object_has_the_checksum_that_the_source_says_and_leaves_no_note(store, large, parts):
    assert store.put("a/large", large, sha256=sha(LARGE)) is True
    [listed] = store.list("a")
    assert listed.checksum == Sums.of(large, sha256=sha(LARGE)).checksums[1]
    assert store.confirm("a/large", large, sha256=sha(LARGE), listed=listed)
    assert list(parts.iterdir()) == []
    assert store.put("a/large", large, sha256=sha(LARGE)) is False


def test_I7_after_a_restart_only_the_parts_that_are_not_there_are_sent(store, client, large, line, parts):
    line.next(Fault(method="PUT"), Fault(method="PUT"), Fault(method="PUT", sent=1 << 20))
    with pytest.raises(Unavailable):
        store.put("a/large", large, sha256=sha(LARGE))
    assert len(list(parts.iterdir())) == 1
    again = S3Store(client, prefix=store._prefix.strip("/"), keeping=Keeping(parts=parts))
    before = line.sent
    assert again.put("a/large", large, sha256=sha(LARGE)) is True
    assert line.sent - before < len(LARGE) - 2 * PART + 100_000
    assert again.confirm("a/large", large, sha256=sha(LARGE))


def test_what_was_completed_although_the_answer_was_lost_is_found(store, large, line, parts):
    line.next(Fault(method="POST"), Fault(method="POST", answered=0))
    with pytest.raises(Unavailable):
        store.put("a/large", large, sha256=sha(LARGE))
    assert store.put("a/large", large, sha256=sha(LARGE)) is False
    assert list(parts.iterdir()) == []


def uploads(juicefs, line, store):
    with juicefs.client() as client:
        return client.list_multipart_uploads(Bucket=line.bucket, Prefix=store._prefix).get("Uploads", [])


def test_an_upload_that_is_in_no_note_is_given_up(store, juicefs, large, line, parts):
    with juicefs.client() as client:
        client.create_multipart_upload(Bucket=line.bucket, Key=f"{store._prefix}a/large")
    store.put("a/large", large, sha256=sha(LARGE))
    assert uploads(juicefs, line, store) == []


def test_a_note_of_other_content_or_of_an_upload_that_the_store_lost_begins_anew(store, juicefs, large, line, parts):
    line.next(Fault(method="PUT", sent=1 << 20))
    with pytest.raises(Unavailable):
        store.put("a/large", large, sha256=sha(LARGE))
    other = LARGE[::-1]
    large.write_bytes(other)
    line.next(Fault(method="PUT", sent=1 << 20))
    with pytest.raises(Unavailable):
        store.put("a/large", large, sha256=sha(other))
    [open_upload] = uploads(juicefs, line, store)
    with juicefs.client() as client:
        client.abort_multipart_upload(Bucket=line.bucket, Key=open_upload["Key"], UploadId=open_upload["UploadId"])
    store.put("a/large", large, sha256=sha(other))
    assert store.confirm("a/large", large, sha256=sha(other))


def test_a_torn_note_is_no_hindrance(store, large, line, parts):
    line.next(Fault(method="PUT", sent=1 << 20))
    with pytest.raises(Unavailable):
        store.put("a/large", large, sha256=sha(LARGE))
    [note] = parts.iterdir()
    note.write_text(note.read_text()[:20])
    assert store.put("a/large", large, sha256=sha(LARGE)) is True


# --- what goes wrong


def at(juicefs, **changed):
    known = {"bucket": "lab-1", "endpoint": juicefs.endpoint, "credentials_file": str(juicefs.credentials)}
    return S3Store(Client(Server(**(known | changed))))


def file(tmp_path, text, name="credentials"):
    (tmp_path / name).write_text(text)
    return str(tmp_path / name)


KEYS = "[default]\naws_access_key_id = {}\naws_secret_access_key = {}\n"


@pytest.mark.parametrize(
    ("wrong", "says", "hint"),
    [
        ({"bucket": "no-such"}, r"no bucket no-such at http://127", "url"),
        ({"bucket": "Not_a_bucket!"}, "settings|no bucket", "url"),
        ({"keys": ("nobody", "x")}, "does not know the access key", "credentials"),
        ({"keys": ("testkey", "wrong")}, "secret key does not fit", "credentials"),
        ({"credentials_file": "/nowhere"}, "no credentials file /nowhere", "credentials_file"),
        ({"profile": "other"}, "no credentials", "profile"),
        ({"ca_file": "/nowhere"}, "no certificate /nowhere", "ca_file"),
    ],
)
def test_I7_a_wrong_setting_is_refused_in_words_with_what_to_do(juicefs, tmp_path, wrong, says, hint):
    if keys := wrong.pop("keys", None):
        wrong["credentials_file"] = file(tmp_path, KEYS.format(*keys))
    for call in (lambda s: put(s, "a", b"1"), lambda s: s.stat("a"), lambda s: list(s.list(""))):
        with pytest.raises(Refused, match=says) as refused:
            call(at(juicefs, **wrong))
        assert hint in refused.value.hint
        assert "testsecret" not in str(refused.value) + refused.value.hint


def test_I7_a_store_that_is_away_is_told_from_one_that_refuses(juicefs):
    for endpoint, says in (("http://127.0.0.1:9", "nothing answers"), ("http://no.such.invalid", "no host is called")):
        with pytest.raises(Unavailable, match=says) as away:
            put(at(juicefs, endpoint=endpoint), "a", b"1")
        assert not isinstance(away.value, Refused)
        assert "endpoint" in away.value.hint
    with pytest.raises(Refused, match="does not speak TLS"):
        put(at(juicefs, endpoint=juicefs.endpoint.replace("http:", "https:")), "a", b"1")


def test_I7_a_store_with_a_certificate_of_its_own_house_is_trusted_by_ca_file_and_refused_in_words_without(
    juicefs, tmp_path
):
    authority = Authority(tmp_path)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(
        file(tmp_path, authority.leaf([], [ipaddress.ip_address("127.0.0.1")]).pem.decode(), "leaf.pem")
    )
    trusted = file(tmp_path, authority.pem().decode(), "ca.pem")
    bucket = juicefs.bucket()
    with between(juicefs.endpoint, tls) as line:
        store = at(juicefs, bucket=bucket, endpoint=line.endpoint, ca_file=trusted)
        with contextlib.closing(store._client):
            assert put(store, "a/x", b"one")
            assert store.confirm("a/x", b"one", sha256=sha(b"one"))
        with pytest.raises(Refused, match="not signed by an authority that this box trusts") as refused:
            at(juicefs, bucket=bucket, endpoint=line.endpoint).stat("a/x")
        assert "ca_file" in refused.value.hint
        named = line.endpoint.replace("127.0.0.1", "localhost")
        with pytest.raises(Refused, match="for another name"):
            at(juicefs, bucket=bucket, endpoint=named, ca_file=trusted).stat("a/x")


DAY_OFF = {"Date": "Sat, 01 Jan 2022 10:00:00 GMT"}


@pytest.mark.parametrize(
    ("fault", "kind", "says"),
    [
        (Fault(status=403, code="AccessDenied", method="PUT"), Refused, "may not write to bucket"),
        (Fault(status=403, code="RequestTimeTooSkewed", method="PUT", headers=DAY_OFF), Refused, "2022-01-01 10:00"),
        (Fault(status=403, code="AccessDenied", method="PUT", headers=DAY_OFF), Refused, "clocks"),
        (Fault(status=400, code="ExpiredToken", method="PUT"), Refused, "expired"),
        (Fault(status=403, code="QuotaExceeded", method="PUT"), StorageFull, "full"),
        (Fault(status=507, code="XMinioStorageFull", method="PUT"), StorageFull, "full"),
        (Fault(status=503, code="SlowDown", method="PUT"), Unavailable, "busy"),
        (Fault(status=500, code="InternalError", method="PUT"), Unavailable, "busy"),
        (Fault(status=404, page="<html>no such page</html>", method="PUT"), Refused, "not as an S3 server"),
        (Fault(status=301, code="PermanentRedirect", method="PUT"), Refused, "region"),
        (Fault(status=400, code="BadDigest", method="PUT"), Unavailable, "not what was sent"),
        (Fault(sent=100_000, method="PUT"), Unavailable, "line"),
        (Fault(answered=0, method="PUT"), Unavailable, "line"),
    ],
)
def test_I7_each_trouble_has_a_sentence_and_the_same_call_succeeds_afterwards(store, line, fault, kind, says):
    data = random.Random(3).randbytes(600_000)
    line.next(fault)
    with pytest.raises(kind, match=says) as trouble:
        put(store, "a/x", data)
    assert (type(trouble.value) is kind, bool(trouble.value.hint)) == (True, True)
    put(store, "a/x", data)
    assert store.confirm("a/x", data, sha256=sha(data))


def test_an_answer_to_a_question_without_words_is_asked_for_words(store, line):
    line.next(Fault(status=403, method="HEAD"), Fault(status=403, code="SignatureDoesNotMatch", method="GET"))
    with pytest.raises(Refused, match="secret key does not fit"):
        store.stat("a/x")


def test_a_server_that_does_not_know_conditions_is_sent_to_without(store, line):
    line.next(Fault(status=501, code="NotImplemented", method="PUT"))
    assert put(store, "a/x", b"one") is True
    assert b"".join(store.read("a/x")) == b"one"


def test_who_was_faster_with_the_same_is_no_conflict_and_with_other_content_is(store, line, juicefs):
    line.next(Fault(status=412, code="PreconditionFailed", method="PUT"))
    behind(juicefs, line, store, "a/y", b"one")
    line.next(Fault(status=404, method="HEAD"))
    assert put(store, "a/y", b"one") is False
    line.next(Fault(status=412, code="PreconditionFailed", method="PUT"), Fault(status=404, method="HEAD"))
    with pytest.raises(Conflict):
        put(store, "a/y", b"two")


def test_I7_an_expired_key_is_replaced_in_its_file_and_the_box_goes_on(juicefs, tmp_path):
    written = file(tmp_path, KEYS.format("testkey", "old"))
    store = at(juicefs, credentials_file=written)
    with pytest.raises(Refused):
        put(store, "renewed/x", b"1")
    file(tmp_path, juicefs.credentials.read_text())
    put(store, "renewed/x", b"1")
    assert store.confirm("renewed/x", b"1", sha256=sha(b"1"))


def test_lock_mode_on_a_bucket_without_object_lock_is_refused_before_a_byte_leaves(store, client, line):
    locking = S3Store(client, prefix="l", keeping=Keeping(lock_mode="governance", lock_days=30))
    with pytest.raises(Refused, match="no object lock") as refused:
        put(locking, "x", b"1")
    assert "lock_days" in refused.value.hint
    assert puts(line) == []


class Killer(Meter):
    """Kills the server in the middle of the third part."""

    def __init__(self, server):
        super().__init__()
        self.server = server

    def take(self, size):
        super().take(size)
        if self.server and sum(self.taken) > 2.5 * PART:
            self.server.kill()
            self.server = None


def test_I7_a_server_that_is_killed_and_comes_back_finds_the_upload_going_on(large, parts, tmp_path):
    with running(tmp_path / "server") as server:
        pace = Killer(server)
        client = Client(Server(bucket=server.bucket(), endpoint=server.endpoint, credentials_file=server.credentials))
        with contextlib.closing(client):
            store = S3Store(client, keeping=Keeping(parts=parts), pace=pace)
            with pytest.raises(Unavailable):
                store.put("large", large, sha256=sha(LARGE))
            server.start()
            before = sum(pace.taken)
            assert store.put("large", large, sha256=sha(LARGE)) is True
            assert sum(pace.taken) - before == len(LARGE) - 2 * PART
            assert store.confirm("large", large, sha256=sha(LARGE))
