"""Another disk or share, told by the list of mounts alone."""

from pathlib import Path

import pytest

from appliance.box.mounts import apart

MOUNTS = """\
22 1 8:1 / / rw,relatime - ext4 /dev/sda1 rw
31 22 8:17 / /media/usb\\040disk rw - vfat /dev/sdb1 rw
32 22 0:48 / /mnt/share rw - nfs4 nas:/evidence rw
33 22 8:1 /srv /srv/data rw - ext4 /dev/sda1 rw
"""


@pytest.mark.parametrize(
    ("folder", "so"),
    [
        ("/srv/data/upstream", False),
        ("/media/usb disk/evidence", True),
        ("/media/usb disk/../evidence", False),
        ("/mnt/share", True),
        ("/mnt/shared", False),
        ("/", False),
    ],
)
def test_a_path_is_on_the_disk_that_is_mounted_nearest_above_it(tmp_path, folder, so):
    mounts = tmp_path / "mountinfo"
    mounts.write_text(MOUNTS)
    assert apart(Path(folder), Path("/srv/data"), mounts=mounts) is so


def test_where_nobody_can_say_they_are_taken_for_one(tmp_path):
    assert apart(Path("/a"), Path("/b"), mounts=tmp_path / "none") is False
