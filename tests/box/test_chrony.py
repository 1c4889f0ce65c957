"""chrony's configuration: it holds, and in a lab without any network the lab's PCs can follow the box's clock."""

import os
import shutil
import subprocess
import textwrap
from pathlib import Path

import pytest

CHRONY = Path(__file__).parents[2] / "systemd" / "chrony"
OURS, SERVE = CHRONY / "appliance.conf", CHRONY / "appliance-serve.conf.example"
_HAS = shutil.which("chronyd") or shutil.which("chronyd", path="/usr/sbin")

pytestmark = pytest.mark.skipif(not _HAS or os.geteuid() != 0, reason="chronyd is not there, or nobody is root")


def test_it_holds_alone_and_with_the_option_beside_debians_own(tmp_path):
    folder = tmp_path / "conf.d"
    folder.mkdir()
    main = tmp_path / "chrony.conf"
    main.write_text(f"confdir {folder}\npool 2.debian.pool.ntp.org iburst\nrtcsync\nmakestep 1 3\n")
    for source in (OURS, SERVE):
        shutil.copy(source, folder / source.name.removesuffix(".example"))
        done = subprocess.run([_HAS, "-p", "-f", main], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        assert "local stratum 10 orphan" in done.stdout
    assert "allow 192.168.0.0/16" in done.stdout
    assert "allow all" not in done.stdout


@pytest.mark.slow
def test_a_lab_pc_follows_the_box_without_any_network(tmp_path):
    """In a network of their own, in which there is nobody else. Neither touches this machine's clock (-x, -Q)."""
    conf = tmp_path / "box.conf"
    own = f"allow 127.0.0.0/8\npidfile {tmp_path}/box.pid\nbindcmdaddress {tmp_path}/sock\n"
    conf.write_text(f"{OURS.read_text()}\n{SERVE.read_text()}\n{own}")
    script = textwrap.dedent(f"""
        ip link set lo up
        {_HAS} -x -d -F 0 -u root -f {conf} & box=$!
        for try in $(seq 50); do [ -e {tmp_path}/box.pid ] && break; sleep 0.05; done
        {_HAS} -Q -t 8 -F 0 -u root -f /dev/null "server 127.0.0.1 iburst maxsamples 1" "pidfile {tmp_path}/pc.pid"
        came=$?
        kill $box; wait $box
        exit $came
    """)
    done = subprocess.run(["unshare", "--net", "sh", "-c", script], capture_output=True, text=True, timeout=30)
    if "unshare" in done.stderr and done.returncode:
        pytest.skip(f"no network of its own here: {done.stderr.strip()}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "System clock wrong by" in done.stdout + done.stderr
