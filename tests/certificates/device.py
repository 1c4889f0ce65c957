"""A computer of the lab: Chromium with the policies that central IT put there, and no other. The policies' folder is in
a mount namespace of the browser's own, so that this machine's stays as it is."""

import contextlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from tests.front.conftest import CHROMIUM, FLAGS

ASKS = [flag for flag in FLAGS if flag != "--use-fake-ui-for-media-stream"]
"""With a camera and a microphone that are made up, and no answer to the question whether a page may have them."""

_WRAPPER = """#!/bin/sh
exec unshare --mount --propagation private sh -c '
  mount -t tmpfs tmpfs /etc/chromium && mkdir -p /etc/chromium/policies/managed &&
  cp {policies}/*.json /etc/chromium/policies/managed/ 2>/dev/null
  exec {chromium} "$@"' chromium "$@"
"""


@contextlib.contextmanager
def device(folder: Path, *policies: bytes, names: dict[str, str] | None = None):
    """A browser; `policies` are files as the page gives them, `names` what its name server answers."""
    if not Path(CHROMIUM).exists():
        pytest.fail("Chromium is missing: `make test` installs it")
    if not _may_mount():
        pytest.skip("this machine allows no mount namespace, so no policies of a browser")
    home = folder / "device"
    (home / "policies").mkdir(parents=True, exist_ok=True)
    for number, policy in enumerate(policies):
        (home / "policies" / f"{number}.json").write_bytes(policy)
    wrapper = home / "chromium"
    wrapper.write_text(_WRAPPER.format(policies=home / "policies", chromium=CHROMIUM), encoding="utf-8")
    wrapper.chmod(0o755)
    rules = ", ".join(f"MAP {name} {to}" for name, to in (names or {}).items())
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=wrapper,
            args=[*ASKS, *([f"--host-resolver-rules={rules}"] if rules else [])],
            env={**os.environ, "HOME": str(home)},
        )
        try:
            yield browser
        finally:
            browser.close()


def _may_mount() -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None or not Path("/etc/chromium").is_dir():
        return False
    command = ["unshare", "--mount", "--propagation", "private", "mount", "-t", "tmpfs", "tmpfs", "/etc/chromium"]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
