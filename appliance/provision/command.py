"""`appliance provision ...`: what somebody types who sets up a box, or systemd at each start."""

import argparse
import contextlib
import getpass
import json
import os
import stat
import sys
import time
from dataclasses import asdict
from importlib import resources
from pathlib import Path

from appliance.box.console import paths_of
from appliance.box.errand import has_steward
from appliance.box.lock import held
from appliance.box.process import start_logging
from appliance.config import load
from appliance.errors import BadInput, NotAllowed, NotFound, StorageFull
from appliance.ledger.actions import users
from appliance.provision import written
from appliance.provision.machine import Machine
from appliance.provision.owner import as_owner

_NO_BOX = "Run `appliance provision first-boot`, or check --data."
TEMPLATE = ("provision.toml", "user-data", "meta-data")


def check(options: argparse.Namespace) -> int:
    """Says all that is wrong in the file, each with its line; WrongSeed, and with it exit code 2, where anything is."""
    file: Path = options.file
    try:
        with open(file, "rb") as content:
            said, mode = content.read(written.MAX_BYTES + 1), os.fstat(content.fileno()).st_mode
    except OSError as error:
        raise NotFound(f"{file} cannot be read: {error.strerror}", hint="Check the path.") from None
    seed = written.parse(written.decoded(said, name=str(file)), name=str(file))
    has_secret = seed.upstream.secret_key or seed.certificate.key
    if has_secret and mode & (stat.S_IRGRP | stat.S_IROTH) and not _is_stick(file):
        raise written.WrongSeed(
            f"one thing is not right with {file}",
            [(1, f"it holds a secret key, and others on this machine may read it: chmod 600 {file.name}")],
        )
    what = [seed.lab.name or "no name", f"{len(seed.admin)} who may sign in", seed.upstream.url or "no upstream"]
    print(f"{file} is right: {', '.join(what)}.")
    return 0


def _is_stick(file: Path) -> bool:
    """FAT has no rights: everything on it looks readable for all."""
    kinds = {line.split()[1]: line.split()[2] for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines()}
    known = [str(parent) for parent in file.resolve().parents if str(parent) in kinds]
    return bool(known) and kinds[known[0]] in ("vfat", "exfat", "msdos", "iso9660")


def template(options: argparse.Namespace) -> int:
    """To standard output, or into a folder with what cloud-init wants beside it."""
    folder = resources.files("appliance.provision").joinpath("template")
    if options.out is None:
        print(folder.joinpath(TEMPLATE[0]).read_text(encoding="utf-8"), end="")
        return 0
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        for name in TEMPLATE:
            with open(options.out / name, "x", encoding="utf-8") as out:
                out.write(folder.joinpath(name).read_text(encoding="utf-8"))
    except FileExistsError as error:
        raise BadInput(
            f"{error.filename} is there already", hint="Nothing was written over; take another folder."
        ) from None
    except OSError as error:
        raise StorageFull(f"{options.out} cannot be written: {error.strerror}", hint="Take another folder.") from None
    print(f"Fill in {options.out / TEMPLATE[0]}, then: appliance provision check {options.out / TEMPLATE[0]}")
    return 0


def hashed(options: argparse.Namespace) -> int:
    """The password is asked for twice at a terminal, else it is the first line of standard input."""
    if sys.stdin.isatty():
        password = getpass.getpass("Password: ")
        if password != getpass.getpass("Again: "):
            raise BadInput("the two passwords differ", hint="Try again.")
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    print(users.hash_password(password))
    return 0


def first_boot(options: argparse.Namespace) -> int:
    """What systemd runs at each start, before the pages."""
    from appliance.provision import first_boot as boot
    from appliance.provision import reset as resets

    start_logging(options.name)
    paths, on, ours = paths_of(options), Machine(), _ours()
    if options.adopt:
        boot.adopt(on)
    if resets.begun(paths):
        print(" ".join(resets.go_on(paths, on, ours=ours)), flush=True)
    result = boot.run(paths, on, ours=ours)
    for entry in result.entries:
        done = "before" if entry.step in result.before else "now"
        print(f"{'ok ' if entry.ok else '!! '} {entry.step} ({done}): {entry.sentence}", flush=True)
        if entry.hint and not entry.ok:
            print(f"      {entry.hint}", flush=True)
    if ours:
        boot.show(paths, on)
    return 0


def steward(options: argparse.Namespace) -> int:
    """What systemd runs when an errand waits."""
    from appliance.provision import steward as root

    start_logging(options.name)
    if os.geteuid() != 0:
        raise NotAllowed("the steward is root's", hint="systemd starts it: appliance-steward.path.")
    root.run(paths_of(options), Machine())
    return 0


def self_test(options: argparse.Namespace) -> int:
    """Exit code 1 where an exam would be in danger."""
    from appliance.provision import self_test as tests

    paths, now = paths_of(options), time.time()
    paths.data.mkdir(parents=True, exist_ok=True)
    with as_owner(paths.data):
        findings = tests.run(paths.make(), load(paths.config), now=now)
        paths.provision.mkdir(mode=0o700, exist_ok=True)
        tests.keep(paths, findings, now=now)
    if options.json:
        print(json.dumps([asdict(one) for one in findings], ensure_ascii=False, indent=1))
    else:
        for one in findings:
            print(f"{one.state.value:7} {one.sentence}" + (f"\n        {one.hint}" if one.hint else ""))
    return 0 if tests.well(findings) else 1


def show(options: argparse.Namespace) -> int:
    """For whoever stands at the box: its rights decide whether the code can be read."""
    from appliance.provision import console

    paths = paths_of(options)
    if not paths.keys.is_dir():
        raise NotFound(
            f"there is no box in {paths.data}", hint="Run `appliance provision first-boot`, or check --data."
        )
    try:
        with as_owner(paths.data):  # it may make a new certificate, which must be the box's
            face = console.face(paths, load(paths.config))
    except PermissionError:
        raise NotAllowed("only the box's user and root may read this", hint="sudo appliance provision show") from None
    print(json.dumps(asdict(face), indent=1) if options.json else console.text(face), end="\n" if options.json else "")
    return 0


def token(options: argparse.Namespace) -> int:
    """For `provision.token` on a stick; good once."""
    from appliance.provision import taking

    paths = paths_of(options)
    if not paths.provision.is_dir():
        raise NotFound(
            f"there is no box in {paths.data}", hint="Run `appliance provision first-boot`, or check --data."
        )
    with as_owner(paths.data):
        print(taking.token(paths))
    return 0


def disk(options: argparse.Namespace) -> int:
    """For who builds an image, and after a reset of an encrypted box."""
    from appliance.provision import encryption

    for sentence in encryption.format_partition(options.device, Machine(), key_file=options.key_file, tpm=options.tpm):
        print(sentence)
    return 0


def reset(options: argparse.Namespace) -> int:
    """On an installed box by root, who stops it; elsewhere while the box does not run."""
    from appliance.provision import reset as resets
    from appliance.provision.verbs import restart

    paths, on, ours = paths_of(options), Machine(), _ours()
    if has_steward() and not ours:
        raise NotAllowed("only root can reset the box", hint="sudo appliance provision reset --confirm NAME")
    if not paths.data.is_dir():
        raise NotFound(f"there is no box in {paths.data}", hint="Check --data.")
    resets.may(paths, on, confirm=options.confirm, lose_evidence=options.lose_evidence)
    if ours and (units := restart.running(on)):
        on.demand("systemctl", "stop", *units)
    with contextlib.ExitStack() as stack:
        with as_owner(paths.data):
            stack.enter_context(held(paths, "box", "writer"))
        for sentence in resets.begin(paths, on, by="cli", ours=ours):
            print(sentence)
    if ours:
        on.demand("systemctl", "--no-block", "reboot")
    print("The box begins anew." if ours else "Start it again with `appliance run`.")
    return 0


def _ours() -> bool:
    """Is the machine the box's alone? An installed one, and root asks."""
    return has_steward() and os.geteuid() == 0
