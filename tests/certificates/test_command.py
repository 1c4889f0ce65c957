"""`appliance certificate`, as somebody types it at the console of the box."""

import datetime
import json
import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from cryptography import x509

from appliance.box import errand
from appliance.certificates import site
from appliance.cli import main
from tests.certificates.authority import BOX, Site, new_key, pem
from tests.others import as_root_for_another

SITE = Site(now=datetime.datetime.now(datetime.UTC))


@pytest.fixture
def typed(paths, capsys):
    """-> (exit code, what it said, what it complained about)."""

    def run(*words):
        code = main(["--data", str(paths.data), "certificate", *map(str, words)])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_show_says_whose_it_is_what_to_compare_and_until_when(typed):
    code, said, _ = typed("show")
    facts = json.loads(typed("show", "--json")[1])
    assert code == 0
    assert "every device has to trust the box's authority once" in said
    shown = said.replace("\n", "").replace(" ", "")
    assert facts["fingerprint"].replace(":", "") in shown.replace(":", "")
    assert facts["mode"] == "own"
    authority = x509.load_pem_x509_certificate(typed("show", "--pem")[1].encode())
    assert authority.extensions.get_extension_for_class(x509.NameConstraints).critical


def test_a_request_is_answered_installed_taken_back_and_left(typed, tmp_path, paths):
    code, request, hint = typed("request", "--name", "box.exam.example.edu")
    assert (code, "appliance certificate install" in hint) == (0, True)
    assert x509.load_pem_x509_csr(request.encode()).is_signature_valid
    key, _ = site.pending(paths)
    answer = tmp_path / "answer.pem"
    answer.write_bytes(pem(SITE.leaf(key, names=["box.exam.example.edu"]), SITE.below))
    code, said, _ = typed("install", answer)
    assert (code, "CN=Site root" in said, "as it was installed" in said) == (0, True, True)
    assert typed("back")[0] == 2, "there is none before it"
    assert typed("own")[0] == 0
    assert json.loads(typed("show", "--json")[1])["mode"] == "own"


def test_what_is_wrong_is_a_sentence_and_a_hint(typed, tmp_path):
    (tmp_path / "key.pem").write_bytes(pem(new_key()))
    for file, sentence in (("none.pem", "cannot be read"), ("key.pem", "no certificate in it")):
        code, _, complaint = typed("install", tmp_path / file)
        assert (code, sentence in complaint) == (2, True)
        assert complaint.count("\n") == 2
    code, said, _ = typed("acme", "--directory", "https://127.0.0.1:1/dir", "--name", BOX)
    assert (code, "does not answer" in said) == (1, True)
    assert typed("acme", "--directory", "http://127.0.0.1/dir")[0] == 2


def test_a_new_authority_is_made_only_when_asked_for(typed):
    before = json.loads(typed("show", "--json")[1])["fingerprint"]
    assert "every device has to trust it" in typed("own", "--anew")[1]
    assert json.loads(typed("show", "--json")[1])["fingerprint"] != before


def test_nginx_is_told_on_an_installed_box_and_only_when_something_changed(typed, paths, monkeypatch):
    monkeypatch.setenv("APPLIANCE_STEWARD", "1")
    typed("renew")
    assert [one.verb for one in errand.waiting(paths)] == [errand.Verb.FRONT]
    typed("renew")
    assert len(errand.waiting(paths)) == 1


@pytest.mark.slow
@as_root_for_another
def test_what_root_asks_for_belongs_to_the_boxs_user():
    with tempfile.TemporaryDirectory() as name:  # pytest's own folders are root's alone
        folder = Path(name)
        folder.chmod(0o711)
        data, run = folder / "data", folder / "run"
        for made in (data, data / "keys", run):
            made.mkdir()
            os.chown(made, 4321, 4321)
        command = [sys.executable, "-m", "appliance", "--data", str(data), "certificate", "renew"]
        subprocess.run(command, check=True, capture_output=True, env={**os.environ, "APPLIANCE_RUN": str(run)})
        written = {file.name: file.stat() for file in (data / "keys").iterdir()}
    assert "https.pem" in written
    assert {(one.st_uid, stat.S_IMODE(one.st_mode)) for one in written.values()} == {(4321, 0o600)}
