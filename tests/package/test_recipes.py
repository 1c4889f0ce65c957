"""The recipes, as far as this machine can try them; the shell reads them all."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = [
    path
    for path in (ROOT / "provisioning").rglob("*")
    if path.is_file() and path.read_bytes()[:9] == b"#!/bin/sh"
]  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_shell_can_read_it(script):
    done = subprocess.run(["sh", "-n", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_pis_layer_names_only_what_is_there():
    folder = ROOT / "provisioning/pi"
    layer = (folder / "layer/appliance.yaml").read_text()
    assert (folder / "layer/finish").is_file()
    assert "sh layer/finish" in layer
    name = re.search(r"X-Env-Layer-Name: (\w+)", layer)[1]
    assert f"app: {name}" in (folder / "appliance.yaml").read_text()
    for file in folder.rglob("*.yaml"):
        lines = [line for line in file.read_text().splitlines() if line.strip() and not line.startswith("#")]
        assert all(re.match(r"( {2})*(- .+|[\w-]+:( .+)?|---)$", line) for line in lines), file
        assert not any("\t" in line for line in lines)


def _certificates(folder):
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for name in ("maker", "stranger"):
        openssl("req", "-x509", *key, "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj", f"/CN={name}")
        openssl("req", *key, "-keyout", f"{name}-s.key", "-out", f"{name}-s.csr", "-subj", "/CN=updates")
        openssl("x509", "-req", "-in", f"{name}-s.csr", "-CA", f"{name}.pem", "-CAkey", f"{name}.key",
                "-CAcreateserial", "-out", f"{name}-s.pem")  # fmt: skip


@pytest.mark.slow
def test_a_rauc_bundle_is_proved_and_one_that_was_tampered_with_or_signed_by_a_stranger_is_refused(tmp_path):
    if not shutil.which("rauc") or not shutil.which("mksquashfs"):
        pytest.skip("not installed: rauc, squashfs-tools")
    _certificates(tmp_path)
    (tmp_path / "root.ext4").write_bytes(os.urandom(200_000))
    script = ROOT / "provisioning/update/rauc"

    def build(out, signer, ca):
        command = [script, "root.ext4", "2.0", out, f"{signer}-s.pem", f"{signer}-s.key", f"{ca}.pem"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    def rauc(*words):
        command = ["rauc", "--keyring", "maker.pem", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert build("good.raucb", "maker", "maker").returncode == 0
    assert "Compatible: \t'appliance-nuc'" in rauc("info", "good.raucb").stdout
    assert rauc("extract", "good.raucb", "good").returncode == 0
    assert (tmp_path / "good/root.ext4").read_bytes() == (tmp_path / "root.ext4").read_bytes()
    assert build("strange.raucb", "stranger", "maker").returncode != 0

    whole = (tmp_path / "good.raucb").read_bytes()
    for where, at, how in (("payload", 5000, "extract"), ("signature", len(whole) - 300, "info")):
        changed = bytearray(whole)
        changed[at] ^= 1
        (tmp_path / f"{where}.raucb").write_bytes(changed)
        said = rauc(how, f"{where}.raucb", *(["out"] if how == "extract" else []))
        assert said.returncode != 0, where
        assert "corrupted" in said.stderr or "signature verification failed" in said.stderr
