"""A stick is found by its label, read once and let go; two are refused by name; a broken one is told."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from appliance.errors import BadInput, Unavailable
from appliance.provision import stick, written
from appliance.provision.machine import Machine, Ran
from tests.provision.machines import Notes, lsblk, machine

TEXT = b"[lab]\nname = 'Physics'\n"


def plugged(tmp_path, sticks, **answers):
    """A machine with these sticks: device -> what is on it. Mounting fills the folder."""
    folder = tmp_path / "root/run/appliance-stick"
    notes = Notes(**{"lsblk": lsblk(*[(device, "cidata", "vfat") for device in sticks]), **answers})

    def run(command):
        ran = notes(command)
        if command[0] in ("mount", "systemd-mount") and ran.code == 0:
            for name, content in sticks[command[-2]].items():
                (folder / name).write_bytes(content)
        elif command[0] in ("umount", "systemd-umount"):
            for file in folder.iterdir():
                file.unlink()
        return ran

    on = machine(tmp_path / "root", run)
    on.file("/run/systemd").mkdir(parents=True)
    return on, notes


def test_a_stick_is_found_read_and_let_go(tmp_path):
    on, notes = plugged(tmp_path, {"/dev/sdb1": {"provision.toml": TEXT, "user-data": b"#cloud-config\n"}})
    found = stick.look(on)
    assert (found.device, found.content, found.token) == ("/dev/sdb1", TEXT, "")
    where = on.file("/run/appliance-stick")
    assert notes.changes == [
        f"mount -t vfat -o ro,nosuid,nodev,noexec /dev/sdb1 {where}", f"umount --lazy {where}",
    ]  # fmt: skip
    assert not where.exists()


def test_where_systemd_runs_it_mounts(tmp_path):
    on, notes = plugged(tmp_path, {"/dev/sdb1": {"provision.toml": TEXT, "provision.token": b"abc\n"}})
    on.file("/run/systemd/system").mkdir()
    assert stick.look(on).token == "abc"
    assert [line.split()[0] for line in notes.changes] == ["systemd-mount", "systemd-umount"]


def test_no_stick_and_one_of_cloud_init_alone_are_none(tmp_path):
    assert stick.look(machine(tmp_path / "bare", Notes(lsblk=lsblk()))) is None
    assert stick.look(machine(tmp_path / "old", Notes(lsblk=Ran(127)))) is None
    on, _ = plugged(tmp_path, {"/dev/sdb1": {"user-data": b"#cloud-config\n"}})
    assert stick.look(on) is None


def test_two_sticks_are_refused_and_both_are_named(tmp_path):
    on, _ = plugged(tmp_path, {"/dev/sdb1": {"provision.toml": TEXT}, "/dev/sdc1": {"provision.toml": TEXT}})
    with pytest.raises(BadInput, match=r"/dev/sdb1 and /dev/sdc1"):
        stick.look(on)


def test_a_stick_that_cannot_be_mounted_is_told(tmp_path):
    on, _ = plugged(tmp_path, {"/dev/sdb1": {}}, mount=Ran(32, "mount: wrong fs type"))
    with pytest.raises(Unavailable, match="/dev/sdb1 cannot be mounted"):
        stick.look(on)


def test_a_stick_pulled_out_while_it_is_read_is_told(tmp_path, monkeypatch):
    on, notes = plugged(tmp_path, {"/dev/sdb1": {"provision.toml": TEXT}})
    real = os.open

    def gone(path, flags, *more, **named):
        if str(path).endswith("provision.toml") and flags & os.O_NONBLOCK:
            raise OSError(5, "Input/output error")
        return real(path, flags, *more, **named)

    monkeypatch.setattr(os, "open", gone)
    with pytest.raises(Unavailable, match="input/output error"):
        stick.look(on)
    assert notes.changes[-1].startswith("umount")


def test_links_pipes_and_what_is_too_large_do_no_harm(tmp_path):
    (tmp_path / "secret").write_text("x")
    (tmp_path / "provision.toml").symlink_to(tmp_path / "secret")
    with pytest.raises(Unavailable, match="cannot be read"):
        stick.read(tmp_path, "/dev/sdb1")
    (tmp_path / "provision.toml").unlink()
    os.mkfifo(tmp_path / "provision.toml")
    assert stick.read(tmp_path, "/dev/sdb1") is None
    (tmp_path / "provision.toml").unlink()
    (tmp_path / "provision.toml").write_bytes(b"#" * (written.MAX_BYTES + 5))
    content = stick.read(tmp_path, "/dev/sdb1").content
    with pytest.raises(written.WrongSeed, match="larger than"):
        written.decoded(content)


def _image(folder, kind):
    image = folder / "image"
    if kind == "vfat":
        subprocess.run(["truncate", "-s", "2M", image], check=True)
        subprocess.run(["mkfs.vfat", "-n", "CIDATA", image], check=True, capture_output=True)
        subprocess.run(["mcopy", "-i", image, folder / "provision.toml", "::"], check=True)
    elif kind == "ext4":
        subprocess.run(["truncate", "-s", "2M", image], check=True)
        (folder / "on").mkdir()
        shutil.copy(folder / "provision.toml", folder / "on")
        subprocess.run(["mkfs.ext4", "-q", "-L", "CIDATA", "-d", folder / "on", image], check=True)
    else:
        command = ["xorriso", "-as", "mkisofs", "-quiet", "-V", "cidata", "-J", "-r", "-o", image]
        subprocess.run([*command, folder / "provision.toml"], check=True, capture_output=True)
    return image


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["vfat", "iso9660", "ext4"])
def test_on_a_real_block_device(tmp_path, kind):
    if f"\t{kind}\n" not in Path("/proc/filesystems").read_text():
        pytest.skip(f"this kernel cannot mount {kind}")
    for tool in ("losetup", "lsblk", "mcopy", "mkfs.vfat", "xorriso"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    if os.geteuid() != 0:
        pytest.skip("mounting a stick needs root")
    (tmp_path / "provision.toml").write_bytes(TEXT)
    image = _image(tmp_path, kind)
    command = ["losetup", "--find", "--show", "--read-only", image]
    made = subprocess.run(command, capture_output=True, text=True, check=False)
    if made.returncode:
        pytest.skip(f"no loop device: {made.stderr.strip()}")
    device = made.stdout.strip()
    try:
        on = Machine()
        if on.file("/run/systemd/system").is_dir():
            pytest.skip("systemd would mount it, on this machine")
        found = stick.look(on)
        assert (found.device, found.content) == (device, TEXT)
        assert not on.file("/run/appliance-stick").exists()
    finally:
        subprocess.run(["losetup", "-d", device], check=True)
