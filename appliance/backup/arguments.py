"""What `appliance backup` and `appliance restore` understand. Light: the command line reads it for every `--help`."""

from pathlib import Path

from appliance.box.console import Commands, lazily

_RESTORE = """
Makes an empty data folder into the box of a backup: its ledger, its people, its keys, its settings. Recordings come
from the disk or from upstream. The box that was backed up must not run any more. The recovery key stands on the card
that the setup page printed.
"""


def add(commands: Commands) -> None:
    """Its commands."""
    backup = commands.add("backup", lazily("appliance.backup.command", "make"), "copy ledger and keys, encrypted")
    backup.add_argument("--why", default="by hand", metavar="TEXT", help="for what reason, as the copy will say")
    backup.add_argument("--list", action="store_true", help="only show which copies are there")
    restore = commands.add("restore", lazily("appliance.backup.command", "restore"), "make a new box from a backup")
    restore.description = _RESTORE
    restore.add_argument("file", type=Path, metavar="FILE", help="the backup, NAME.tar.gz.age")
    restore.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="a file with the recovery key (else it is asked for)",
    )
    key = commands.add("recovery-key", lazily("appliance.backup.command", "key"), "show what opens this box's backups")
    key.add_argument("--forget", action="store_true", help="somebody keeps it: take it from the box")
