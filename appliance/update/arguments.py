"""What `appliance update` understands. Light: the command line reads it for every `--help`."""

from pathlib import Path

from appliance.box.console import Commands, lazily


def add(commands: Commands) -> None:
    """Its commands."""
    group = commands.group("update", "a new version, from a signed bundle")
    check = group.add("check", lazily("appliance.update.command", "check"), "would it be taken? Changes nothing")
    install = group.add("install", lazily("appliance.update.command", "install"), "as root: install it, or go back")
    for parser in (check, install):
        parser.add_argument("file", type=Path, metavar="FILE", help="the bundle, NAME.update")
        parser.add_argument("--downgrade", action="store_true", help="an older version is meant")
        parser.add_argument(
            "--anyway", action="store_true", help="even where the box is not well; no exam may run, look yourself"
        )
    install.add_argument("--no-wait", action="store_true", help="begin, and do not wait for the end")
    status = group.add("status", lazily("appliance.update.command", "status"), "how the last update went")
    status.add_argument("--json", action="store_true")
    group.add("prepare", lazily("appliance.update.command", "prepare"), "what appliance-update.service calls first")
    group.add("tell", lazily("appliance.update.command", "tell"), "what it calls last: the ledger learns of it")
