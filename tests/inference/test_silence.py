"""OpenVINO tells nobody that it is used."""

import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow  # together too long for `make check`

ASK = """
import sys, time
LEAVES = ("os.fork", "socket.getaddrinfo", "urllib.Request")
sys.addaudithook(lambda event, _: event in LEAVES and print(event, flush=True))
import {module}
import openvino.tools.ovc
time.sleep(1.0)
"""


@pytest.mark.parametrize("module", ["appliance.inference.models", "appliance.inference.convert"])
def test_loading_it_begins_no_process_and_asks_no_host(module):
    """Left alone, it begins one that writes to a host on the internet."""
    command = [sys.executable, "-c", ASK.format(module=module)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert found.stdout == ""
