"""Two boxes with the same name in one lab, with real avahi daemons: the second one is found under another name, and
knows it."""

import contextlib
import ipaddress
import os
import shutil
import subprocess
import time
import uuid
import xml.dom.minidom
from pathlib import Path

import pytest

from appliance.certificates import mdns

SERVICES = Path(__file__).parents[2] / "systemd" / "avahi" / "appliance.service"
CONF = "[server]\nhost-name=lab-7\nenable-dbus=no\nuse-ipv6=no\n[publish]\npublish-workstation=no\n"
DAEMON = """mount -t tmpfs tmpfs /run && mkdir /run/avahi-daemon && mount --bind {folder} /run/avahi-daemon &&
exec avahi-daemon --no-drop-root --no-chroot --no-rlimits -f {folder}/avahi.conf"""


def run(*command):
    subprocess.run(command, check=True, capture_output=True)


@contextlib.contextmanager
def lab():
    """Two network namespaces with a wire between them; -> their names."""
    names = [f"e-{uuid.uuid4().hex[:8]}" for _ in range(2)]
    try:
        for name in names:
            run("ip", "netns", "add", name)
        run(
            "ip",
            "link",
            "add",
            names[0],
            "netns",
            names[0],
            "type",
            "veth",
            "peer",
            "name",
            names[1],
            "netns",
            names[1],
        )
        for number, name in enumerate(names, 1):
            inside = ("ip", "-n", name)
            run(*inside, "addr", "add", f"10.77.0.{number}/24", "dev", name)
            run(*inside, "link", "set", name, "up", "multicast", "on")
        yield names
    finally:
        for name in names:
            subprocess.run(("ip", "netns", "delete", name), check=False, capture_output=True)


@contextlib.contextmanager
def avahi(namespace, folder):
    """A daemon in that namespace; -> its socket."""
    folder.mkdir()
    (folder / "avahi.conf").write_text(CONF, encoding="utf-8")
    command = ["unshare", "--mount", "--propagation", "private", "sh", "-c", DAEMON.format(folder=folder)]
    with subprocess.Popen(
        ["ip", "netns", "exec", namespace, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as daemon:
        try:
            yield folder / "socket"
        finally:
            daemon.terminate()


def name_of(address, at):
    deadline = time.monotonic() + 20
    while (found := mdns.name([ipaddress.ip_address(address)], at)) is None:
        assert time.monotonic() < deadline, "avahi does not say a name"
        time.sleep(0.2)
    return found


@pytest.mark.long
def test_the_second_box_of_a_name_knows_by_which_name_it_is_found(tmp_path):
    if os.geteuid() != 0 or not shutil.which("avahi-daemon"):
        pytest.skip("needs root and avahi-daemon (Debian: avahi-daemon)")
    with lab() as (first, second), avahi(first, tmp_path / "first") as here:
        assert name_of("10.77.0.1", here) == "lab-7.local"
        with avahi(second, tmp_path / "second") as there:
            assert name_of("10.77.0.2", there) == "lab-8.local", "avahi counts on"


def test_what_avahi_announces_is_well_formed_and_names_both_ways_in():
    said = xml.dom.minidom.parse(str(SERVICES))
    assert [one.firstChild.data for one in said.getElementsByTagName("type")] == ["_https._tcp", "_http._tcp"]
    assert [one.firstChild.data for one in said.getElementsByTagName("port")] == ["443", "80"]
