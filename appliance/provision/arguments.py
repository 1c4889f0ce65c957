"""What `appliance provision` understands. Light: the command line reads it for every `--help`."""

from pathlib import Path

from appliance.box.console import Commands, lazily

_MODULE = "appliance.provision.command"

_RESET = """
Wipes keys, ledger, recordings, backups and settings, and makes the box as new. It cannot be taken back: what is not
upstream is lost. Refused while an exam runs, and while evidence is here alone unless --lose-evidence says so.
"""


def add(commands: Commands) -> None:
    """Its commands."""
    group = commands.group("provision", "set a box up: its seed, first boot, self-test, factory reset")
    check = group.add("check", lazily(_MODULE, "check"), "say what is wrong in a provision.toml, line by line")
    check.add_argument("file", type=Path, metavar="FILE")
    template = group.add("template", lazily(_MODULE, "template"), "a provision.toml to fill in, each key explained")
    template.add_argument("--out", type=Path, metavar="DIR", help="write it there, with cloud-init's files beside it")
    group.add("hash", lazily(_MODULE, "hashed"), "argon2id of a password, for provision.toml; asks, or reads stdin")
    first = group.add("first-boot", lazily(_MODULE, "first_boot"), "make what is this box's own; runs at each start")
    first.add_argument("--adopt", action="store_true", help="the data folder is another one for good")
    group.add("steward", lazily(_MODULE, "steward"), "as root: do what the box's processes ask, once")
    tried = group.add("self-test", lazily(_MODULE, "self_test"), "try disk, clock, ports, memory, models and cameras")
    tried.add_argument("--json", action="store_true")
    show = group.add("show", lazily(_MODULE, "show"), "address, fingerprint, and the setup code while there is one")
    show.add_argument("--json", action="store_true")
    group.add("token", lazily(_MODULE, "token"), "a token that lets one stick change a box that is set up already")
    disk = group.add("disk", lazily(_MODULE, "disk"), "as root: make an empty partition the encrypted data partition")
    disk.add_argument("device", metavar="DEVICE", help="as in /dev/sda3; must be empty")
    disk.add_argument("--key-file", required=True, metavar="FILE", help="its key: 32 random bytes or more")
    disk.add_argument("--tpm", action="store_true", help="let the box's TPM2 open it, too")
    reset = group.add("reset", lazily(_MODULE, "reset"), "wipe keys and data, and begin anew")
    reset.description = _RESET
    reset.add_argument("--confirm", required=True, metavar="NAME", help="the box's name, so that it is the right one")
    reset.add_argument("--lose-evidence", action="store_true", help="also what is on this box alone")
