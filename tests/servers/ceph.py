"""A real Ceph with its S3 gateway for tests: a monitor, an object store in memory, radosgw. `make test-ceph`.

Three traps: without cephx radosgw takes everybody for nobody; its object classes lie in a folder named after the
machine, and without them it dies; every folder for logs and sockets must be the test's own.
"""

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import sysconfig
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.juicefs import administrator, credentials, free_port

PROGRAMS = ("ceph-mon", "ceph-osd", "ceph", "ceph-authtool", "monmaptool", "radosgw", "radosgw-admin")
CLASSES = Path("/usr/lib", sysconfig.get_config_var("MULTIARCH") or "", "rados-classes")
READY_SECONDS = 90.0
KEY, SECRET = "cephkey", "cephsecret1234567890"

_CONFIG = """\
[global]
fsid = {fsid}
mon_initial_members = a
mon_host = [v2:127.0.0.1:{v2}/0,v1:127.0.0.1:{v1}/0]
public_network = 127.0.0.0/8
auth_cluster_required = cephx
auth_service_required = cephx
auth_client_required = cephx
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
mon_data_avail_crit = 1
mon_data_avail_warn = 1
osd_objectstore = memstore
memstore_device_bytes = {bytes}
osd_class_dir = {classes}
osd_class_load_list = *
osd_class_default_list = *
run_dir = {folder}
log_file = {folder}/$name.log
admin_socket = {folder}/$name.asok
pid_file = {folder}/$name.pid
keyring = {folder}/keyring
setuser_match_path = {folder}
[mon.a]
mon_data = {folder}/mon
[osd.0]
osd_data = {folder}/osd
keyring = {folder}/osd/keyring
[client.rgw]
rgw_frontends = beast endpoint=127.0.0.1:{port}
rgw_thread_pool_size = 64
rgw_crypt_require_ssl = false
"""


class Ceph:
    """`folder` holds everything; its objects live in memory and die with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._numbers = itertools.count(1)
        self.endpoint = f"http://127.0.0.1:{self._port}"
        self.credentials = folder / "credentials"
        self.credentials.write_text(credentials(KEY, SECRET), encoding="utf-8")
        self._fsid = str(uuid.uuid4())
        self._v1, self._v2 = free_port(), free_port()
        (folder / "ceph.conf").write_text(
            _CONFIG.format(
                fsid=self._fsid,
                v1=self._v1,
                v2=self._v2,
                port=self._port,
                folder=folder,
                classes=CLASSES,
                bytes=4 << 30,
            ),
            encoding="utf-8",
        )

    def start(self) -> None:
        """Ready when it returns."""
        try:
            self._monitor()
            self._store()
            self._gateway()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        for process in reversed(self._processes):
            process.send_signal(signal.SIGKILL)
            process.wait()
        self._processes.clear()

    def bucket(self, *, lock: bool = False, versions: bool = False) -> str:
        """A new, empty one; with object lock (which brings versions), or with versions alone."""
        name = f"lab-{next(self._numbers)}"
        with self.client() as client:
            client.create_bucket(Bucket=name, ObjectLockEnabledForBucket=lock)
            if versions:
                client.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        return name

    @contextlib.contextmanager
    def client(self):
        with administrator(self.endpoint, KEY, SECRET) as client:
            yield client

    def user(self, name: str) -> Path:
        """Another person or box, without any right to our buckets; -> a credentials file."""
        key, secret = f"key{name}", f"secret-of-{name}-1234567890"
        self._admin("user", "create", "--uid", name, "--display-name", name, "--access-key", key, "--secret", secret)
        file = self._folder / f"credentials-{name}"
        file.write_text(credentials(key, secret), encoding="utf-8")
        return file

    def quota(self, bucket: str, size: int) -> None:
        """The bucket takes no more than `size` bytes."""
        where = ("--uid", "lab", "--bucket", bucket, "--quota-scope", "bucket")
        self._admin("quota", "set", *where, "--max-size", str(size))
        self._admin("quota", "enable", *where)

    def _monitor(self) -> None:
        keyring, monmap = str(self._folder / "keyring"), str(self._folder / "monmap")
        self._run("ceph-authtool", "--create-keyring", keyring, "--gen-key", "-n", "mon.", "--cap", "mon", "allow *")
        caps = [word for part in ("mon", "osd", "mgr") for word in ("--cap", part, "allow *")]
        self._run("ceph-authtool", keyring, "--gen-key", "-n", "client.admin", *caps)
        self._run("ceph-authtool", keyring, "--gen-key", "-n", "client.rgw", *caps[:6])
        address = f"[v2:127.0.0.1:{self._v2},v1:127.0.0.1:{self._v1}]"
        self._run("monmaptool", "--create", "--addv", "a", address, "--fsid", self._fsid, monmap)
        self._run("ceph-mon", *self._conf, "--mkfs", "-i", "a", "--monmap", monmap, "--keyring", keyring)
        self._begin("ceph-mon", "-i", "a")
        self._until(lambda: self._ceph("status", check=False).returncode == 0, "monitor")

    def _store(self) -> None:
        (self._folder / "osd").mkdir()
        made = str(uuid.uuid4())
        self._run("ceph-authtool", "--create-keyring", str(self._folder / "osd/keyring"), "--gen-key", "-n", "osd.0")
        secret = self._run("ceph-authtool", "-p", str(self._folder / "osd/keyring"), "-n", "osd.0").stdout.strip()
        self._ceph("osd", "new", made, "-i", "-", input=json.dumps({"cephx_secret": secret}))
        self._run("ceph-osd", *self._conf, "-i", "0", "--mkfs", "--osd-uuid", made)
        self._begin("ceph-osd", "-i", "0")
        self._until(lambda: "1 up" in self._ceph("osd", "stat").stdout, "object store")

    def _gateway(self) -> None:
        self._admin(
            *("user", "create", "--uid", "lab", "--display-name", "lab", "--access-key", KEY, "--secret", SECRET)
        )
        self._begin("radosgw", "-n", "client.rgw")
        self._until(self._answers, "gateway")

    @property
    def _conf(self) -> tuple[str, str]:
        return ("-c", str(self._folder / "ceph.conf"))

    def _begin(self, program: str, *arguments: str) -> None:
        with open(self._folder / f"{program}.out", "ab") as log:
            self._processes.append(
                subprocess.Popen([program, *self._conf, "-f", *arguments], stdout=log, stderr=log, env=self._env)
            )

    @property
    def _env(self) -> dict[str, str]:
        return {**os.environ, "CEPH_CONF": str(self._folder / "ceph.conf")}

    def _ceph(self, *arguments: str, check: bool = True, **more) -> subprocess.CompletedProcess[str]:
        return self._run("ceph", *self._conf, "--connect-timeout", "5", *arguments, check=check, **more)

    def _admin(self, *arguments: str) -> None:
        self._run("radosgw-admin", *self._conf, "-n", "client.rgw", *arguments)

    def _run(self, *command: str, check: bool = True, **more) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=self._env, timeout=120, **more)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command[:4])}: {done.stderr[-2000:]}")
        return done

    def _until(self, predicate, what: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while not predicate():
            if self._processes[-1].poll() is not None or time.monotonic() > deadline:
                said = "".join(file.read_text(errors="replace")[-1500:] for file in self._folder.glob("*.out"))
                raise RuntimeError(f"Ceph's {what} does not start: {said}")
            time.sleep(0.2)

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(self.endpoint, timeout=2).close()
        except urllib.error.HTTPError as error:
            error.close()
            return True
        except OSError:
            return False
        return True


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Ceph]:
    """Skips the test where it is not installed."""
    if missing := [program for program in PROGRAMS if not shutil.which(program)]:
        pytest.skip(f"Ceph is not installed ({missing[0]}): `make test-ceph` installs it")
    if not CLASSES.is_dir():
        pytest.skip(f"Ceph's object classes are not in {CLASSES}")
    folder.mkdir(parents=True, exist_ok=True)
    server = Ceph(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def ceph(tmp_path_factory) -> Iterator[Ceph]:
    """One for all tests; each takes a bucket of its own."""
    with running(tmp_path_factory.mktemp("ceph")) as server:
        yield server


def main() -> None:
    """A Ceph to try things on, until Ctrl-C: `scripts/ceph`."""
    with tempfile.TemporaryDirectory(prefix="ceph-") as folder, running(Path(folder) / "ceph") as server:
        plain, locked = server.bucket(), server.bucket(lock=True)
        print(f"endpoint = {server.endpoint}\ncredentials_file = {server.credentials}")
        print(f"url = s3://{plain}\nurl with object lock = s3://{locked}", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            signal.pause()


if __name__ == "__main__":
    main()
