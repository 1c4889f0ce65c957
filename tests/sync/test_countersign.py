"""The site's certificate and a time-stamping service sign beside the box's own key; evidence never waits for them."""

import contextlib
import http.server
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from appliance.bundle.authorities import Authorities
from appliance.config import SigningSettings
from appliance.errors import ConfigError, IntegrityError
from appliance.exam.events import UpstreamFailed
from appliance.proof.verify import verify
from appliance.sync.countersign import AGAIN_SECONDS, CERTIFICATE, STAMP, Countersigner
from tests.sync import bundles

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")]

MANIFEST = b'{"made_at":1763805600,"schema":"appliance.manifest/1"}'


@dataclass(frozen=True)
class Site:
    """What openssl made: `ca.pem`, the box's `box.pem` with `box.key`, a `tsa.pem`; `url` of the service."""

    folder: Path
    url: str
    settings: SigningSettings
    asked: list[bytes]

    def file(self, name: str) -> Path:
        return self.folder / name


def openssl(folder: Path, *arguments: str, stdin: bytes = b"") -> bytes:
    done = subprocess.run(["openssl", *arguments], cwd=folder, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def issue(folder: Path, name: str, *, ca: str = "ca", days: str = "30", extensions: str = "") -> None:
    (folder / f"{name}.ext").write_text(extensions)
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr")  # fmt: skip
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial",
            "-days", days, "-extfile", f"{name}.ext", "-out", f"{name}.pem")  # fmt: skip


def authority(folder: Path, name: str) -> None:
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
            "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem")  # fmt: skip


TSA = """[tsa]
default_tsa = it
[it]
serial = ./serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_alg = sha256
"""


@contextlib.contextmanager
def serving(folder: Path, asked: list[bytes]):
    """A time-stamping service of one's own."""

    class Service(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            query = self.rfile.read(int(self.headers["Content-Length"]))
            asked.append(query)
            (folder / "query.tsq").write_bytes(query)
            reply = openssl(folder, "ts", "-reply", "-config", "tsa.cnf", "-section", "it", "-queryfile", "query.tsq",
                            "-inkey", "tsa.key", "-signer", "tsa.pem", "-chain", "ca.pem")  # fmt: skip
            self.send_response(200)
            self.end_headers()
            self.wfile.write(reply)

        def log_message(self, *_said):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    authority(folder, "ca")
    authority(folder, "other")
    issue(folder, "box")
    issue(folder, "tsa", extensions="extendedKeyUsage = critical,timeStamping\nkeyUsage = critical,digitalSignature\n")
    issue(folder, "old", days="-1")
    (folder / "tsa.cnf").write_text(TSA)
    (folder / "serial").write_text("01\n")
    asked: list[bytes] = []
    with serving(folder, asked) as url:
        settings = SigningSettings(
            certificate_file=str(folder / "box.pem"),
            key_file=str(folder / "box.key"),
            tsa_url=url,
            tsa_ca_file=str(folder / "ca.pem"),
        )
        yield Site(folder, url, settings, asked)


@pytest.fixture(scope="module")
def made(site):
    return Countersigner(site.settings).over(MANIFEST, 1)


def test_I7_openssl_verifies_both_by_the_commands_of_the_docs(site, made, tmp_path):
    for name, content in {**made, "manifest.json": MANIFEST}.items():
        (tmp_path / name).write_bytes(content)
    ca = str(site.file("ca.pem"))
    for name in ("siteCA.crt", "tsaCA.crt"):
        shutil.copy(ca, tmp_path / name)
    done = subprocess.run(
        ["sh", "-ec", bundles.commands("openssl cms")], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Verification: OK" in done.stdout + done.stderr
    cms = ["cms", "-verify", "-binary", "-in", "manifest.p7s", "-inform", "DER", "-content", "manifest.json"]
    (tmp_path / "manifest.json").write_bytes(MANIFEST + b" ")
    for command in (cms, ["ts", "-verify", "-data", "manifest.json", "-in", "manifest.tsr"]):
        done = subprocess.run(["openssl", *command, "-CAfile", ca], cwd=tmp_path, capture_output=True, check=False)
        assert done.returncode != 0


def test_who_signed_and_when_is_said_and_anything_else_is_refused(site, made):
    trusting = Authorities.read(site.file("ca.pem"), site.file("ca.pem"))
    wrong = Authorities.read(site.file("other.pem"), site.file("other.pem"))
    p7s, tsr, at = made["manifest.p7s"], made["manifest.tsr"], time.time()
    assert "CN=box, a certificate of the site's authority" in trusting.certificate(p7s, MANIFEST, at)
    assert "this manifest existed on 20" in trusting.time(tsr, MANIFEST, at)
    assert "--site-ca" in Authorities().certificate(p7s, MANIFEST, at)
    assert "--tsa-ca" in Authorities().time(tsr, MANIFEST, at)
    assert Authorities().certificate(None, MANIFEST, at) == Authorities().time(None, MANIFEST, at) == ""
    assert "there is none" in trusting.certificate(None, MANIFEST, at)
    assert "there is none" in trusting.time(None, MANIFEST, at)
    for whose, said in ((wrong, "not of the authority"), (trusting, "not valid when it signed")):
        with pytest.raises(IntegrityError, match=said):
            whose.certificate(p7s, MANIFEST, at if whose is wrong else at + 1e9)
    with pytest.raises(IntegrityError, match="not of that authority"):
        wrong.time(tsr, MANIFEST, at)
    for authorities in (trusting, Authorities()):
        with pytest.raises(IntegrityError, match="something else"):
            authorities.certificate(p7s, MANIFEST + b" ", at)
        with pytest.raises(IntegrityError):
            authorities.time(tsr, MANIFEST + b" ", at)
        for content in (b"", b"hello", p7s[:-9], p7s[:40]):
            with pytest.raises(IntegrityError):
                authorities.certificate(content, MANIFEST, at)
            with pytest.raises(IntegrityError):
                authorities.time(content, MANIFEST, at)
    for place in range(len(p7s) - 60, len(p7s)):  # the signature itself
        changed = bytearray(p7s)
        changed[place] ^= 1
        with pytest.raises(IntegrityError):
            trusting.certificate(bytes(changed), MANIFEST, at)


@pytest.mark.parametrize(
    ("certificate", "key", "said"),
    [
        ("box.pem", "ca.key", "is not the key of certificate_file"),
        ("old.pem", "old.key", "is valid from"),
        ("nothing.pem", "box.key", "cannot be read"),
        ("box.key", "box.key", "has no certificate"),
        ("box.pem", "box.pem", "not an RSA or EC key"),
        ("box.pem", "nothing.key", "key_file cannot be read"),
    ],
)
def test_a_certificate_that_cannot_be_used_is_named_and_nothing_waits_for_it(site, certificate, key, said):
    files = {"certificate_file": str(site.file(certificate)), "key_file": str(site.file(key))}
    signer = Countersigner(replace(site.settings, tsa_url="", **files))
    signer.check()
    assert signer.over(MANIFEST, 1) == {}
    assert said in signer.troubles[CERTIFICATE].message
    assert signer.troubles[CERTIFICATE].hint
    assert "PRIVATE" not in str(signer.troubles[CERTIFICATE])


def test_a_service_that_has_no_address_is_a_wrong_setting():
    for address in ("file:///etc/passwd", "tsa.example.org"):
        with pytest.raises(ConfigError, match="tsa_url"):
            SigningSettings(tsa_url=address).check()


def test_a_service_that_is_away_is_left_alone_for_a_while(site):
    now = [0.0]
    settings = replace(site.settings, certificate_file="", key_file="", tsa_url="http://127.0.0.1:9/")
    signer = Countersigner(settings, monotonic=lambda: now[0])
    assert signer.over(MANIFEST, 1) == {}
    assert "cannot be reached" in signer.troubles[STAMP].message
    signer._settings = replace(settings, tsa_url=site.url)
    asked = len(site.asked)
    assert signer.over(MANIFEST, 1) == {}
    assert len(site.asked) == asked
    now[0] += AGAIN_SECONDS
    assert list(signer.over(MANIFEST, 3)) == ["manifest-3.tsr"]
    assert signer.troubles == {}


def test_a_time_stamp_of_somebody_else_is_not_taken(site):
    settings = replace(site.settings, certificate_file="", key_file="", tsa_ca_file=str(site.file("other.pem")))
    signer = Countersigner(settings)
    assert signer.over(MANIFEST, 1) == {}
    assert "gave an answer that cannot be used" in signer.troubles[STAMP].message


def sealed(rig, signer):
    attempt = rig.evidence.sit("1")
    rig.start(countersigner=signer)
    rig.evidence.over(attempt)
    rig.until(lambda: rig.stored(attempt))
    return rig.exam_folder / attempt


def test_I7_bundles_are_sealed_with_both_and_verify_and_verify_sh_check_them(rig, site):
    folder = sealed(rig, Countersigner(site.settings))
    ca, other = site.file("ca.pem"), site.file("other.pem")
    outcome = verify(folder, site_ca=ca, tsa_ca=ca)
    assert outcome.findings == []
    assert any("CN=box, a certificate of the site's authority" in one for one in outcome.remarks)
    assert any("this manifest existed on" in one for one in outcome.remarks)
    assert [finding.file for finding in verify(folder, site_ca=other, tsa_ca=other).findings] == [
        "manifest.p7s",
        "manifest.tsr",
    ]

    def script(*arguments):
        done = subprocess.run(
            ["sh", "verify.sh", *map(str, arguments)], cwd=folder, capture_output=True, text=True, check=False
        )
        return done.returncode, done.stdout + done.stderr

    code, said = script("--site-ca", ca, "--tsa-ca", ca)
    assert code == 0, said
    assert "manifest.p7s fits, by a certificate of the site's authority" in said
    assert "manifest.tsr fits" in said
    code, said = script()
    assert code == 0, said
    assert "--site-ca FILE checks whose certificate it is" in said
    assert script("--site-ca", other)[1].startswith("WRONG  manifest.p7s")
    assert script("--tsa-ca", other)[1].startswith("WRONG  manifest.tsr")
    (folder / "manifest.p7s").write_bytes((folder / "manifest.tsr").read_bytes())
    assert script()[1].startswith("WRONG  manifest.p7s")
    assert verify(folder).findings[0].file == "manifest.p7s"


def test_while_neither_can_be_made_evidence_goes_upstream_without_and_that_is_said_once(rig, site):
    settings = replace(site.settings, key_file=str(site.file("ca.key")), tsa_url="http://127.0.0.1:9/")
    folder = sealed(rig, Countersigner(settings))
    assert verify(folder).findings == []
    assert not (folder / "manifest.p7s").exists()
    failed = {event.payload.where for event in rig.reader.events(types=frozenset({UpstreamFailed.TYPE}))}
    assert failed == {CERTIFICATE, STAMP}
    assert {failure.kind for failure in rig.service.sender.trouble.now} == {"signing"}
