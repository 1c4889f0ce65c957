"""`appliance certificate`: what HTTPS shows, seen and changed at the console. What it writes belongs to the box's user,
also when root asks for it."""

import argparse
import json
import os
import sys
from pathlib import Path

from appliance.box import errand
from appliance.box.authority import Authority
from appliance.box.console import paths_of
from appliance.box.paths import Paths
from appliance.certificates import chain, chosen, current, renewal, site
from appliance.certificates.current import Certified
from appliance.config import Settings, load
from appliance.errors import BadInput

_GROUP = 4
"""Bytes of a fingerprint that a person compares at once."""


def show(options: argparse.Namespace) -> int:
    """Which one, until when; 1 when it is not as it should be."""
    paths, settings = _box(options)
    shown = current.current(paths, settings)
    if options.pem:
        print(_trusted(paths, settings, shown), end="")
        return 0
    if options.json:
        print(json.dumps(_facts(shown), indent=2))
    else:
        _say(shown)
    return 1 if shown.trouble else 0


def renew(options: argparse.Namespace) -> int:
    """What is due; 1 when it failed."""
    paths, settings = _box(options)
    before = _mark(paths)
    shown = current.renew(paths, settings)
    _tell_front(paths, before, shown)
    _say(shown)
    return 1 if shown.trouble else 0


def request(options: argparse.Namespace) -> int:
    """A request for the site's authority."""
    paths, settings = _box(options)
    _named(paths, options.name)
    print(site.request(paths, settings).decode(), end="")
    print("Give this to the site's authority. What it answers: appliance certificate install FILE", file=sys.stderr)
    return 0


def install(options: argparse.Namespace) -> int:
    """The site's certificate from now on."""
    contents = [_read(file) for file in options.files]
    lines = _read(options.password_file).decode(errors="replace").splitlines() if options.password_file else []
    paths, settings = _box(options)
    before = _mark(paths)
    handed = chain.read(*contents, password=lines[0] if lines else "")
    _named(paths, options.name)
    made = site.install(paths, settings, handed)
    if not chain.is_complete(made):
        issuer = made.certificates[-1].issuer.rfc4514_string()
        print(f"Devices have to trust {issuer} already: its own certificate is not part of the chain.")
    return _changed(paths, settings, before)


def back(options: argparse.Namespace) -> int:
    """The site's certificate before this one."""
    paths, settings = _box(options)
    before = _mark(paths)
    site.back(paths, settings)
    return _changed(paths, settings, before)


def own(options: argparse.Namespace) -> int:
    """The box's own certificate; with `--anew` by a new authority."""
    paths, settings = _box(options)
    before = _mark(paths)
    if options.anew:
        old = paths.keys / "authority.pem"
        if old.exists():
            old.replace(paths.keys / "authority.old.pem")
        print("The box has a new authority: every device has to trust it, as on the page /trust.")
    chosen.write(paths, mode="own")
    return _changed(paths, settings, before)


def acme(options: argparse.Namespace) -> int:
    """Fetch one from the site's ACME server; 1 when that failed, and then it is tried again by itself."""
    ca = _read(options.ca) if options.ca else b""
    paths, settings = _box(options)
    before = _mark(paths)
    _named(paths, options.name)
    values = {"acme_directory": options.directory, "acme_email": options.email}
    if ca:
        values["acme_ca_file"] = str(renewal.keep_ca(paths, ca))
    chosen.write(paths, **{key: value for key, value in values.items() if value is not None}, mode="acme")
    renewal.fetch(paths, chosen.of(paths, settings))
    return _changed(paths, settings, before)


def _box(options: argparse.Namespace) -> tuple[Paths, Settings]:
    """The folders and the settings, with the rights of whom they belong to."""
    paths = paths_of(options)
    if os.geteuid() == 0 and paths.keys.exists() and (owner := paths.keys.stat()).st_uid != 0:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
    return paths.make(), load(paths.config)


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}", hint="Name a file that is there.") from None


def _named(paths: Paths, names: list[str]) -> None:
    if names:
        chosen.write(paths, names=", ".join(names))


def _mark(paths: Paths) -> bytes:
    try:
        return (paths.keys / current.FILE).read_bytes()
    except OSError:
        return b""


def _changed(paths: Paths, settings: Settings, before: bytes) -> int:
    shown = current.current(paths, settings)
    _tell_front(paths, before, shown)
    _say(shown)
    return 1 if shown.trouble else 0


def _tell_front(paths: Paths, before: bytes, shown: Certified) -> None:
    """nginx reads it when it is told; the door looks by itself."""
    if shown.file.read_bytes() != before and errand.has_steward():
        errand.ask(paths, errand.Verb.FRONT, by="certificate")


def _trusted(paths: Paths, settings: Settings, shown: Certified) -> str:
    if not shown.is_own:
        raise BadInput(
            "the site's certificate is shown, and devices of the site trust its authority already",
            hint="Ask central IT for the authority's certificate, if a device does not.",
        )
    made = Authority(paths.keys, zones=chosen.of(paths, settings).zones)
    made.given()
    return made.pem().decode()


def _facts(shown: Certified) -> dict[str, object]:
    return {
        "mode": shown.mode,
        "wanted": shown.wanted,
        "fingerprint": shown.fingerprint,
        "names": shown.names,
        "addresses": [str(address) for address in shown.addresses],
        "uncovered": shown.uncovered,
        "begins": shown.begins.timestamp(),
        "until": shown.until.timestamp(),
        "trouble": shown.trouble,
        "hint": shown.hint,
    }


_WHOSE = {
    "own": "The box's own certificate: every device has to trust the box's authority once (page /trust).",
    "files": "The site's certificate, as it was installed.",
    "acme": "The site's certificate, fetched from its ACME server and renewed by itself.",
}


def _say(shown: Certified) -> None:
    pairs = shown.fingerprint.split(":")
    groups = [":".join(pairs[at : at + _GROUP]) for at in range(0, len(pairs), _GROUP)]
    print(_WHOSE[shown.mode])
    print(f"  fingerprint (SHA-256)  {'  '.join(groups[:4])}")
    print(f"                         {'  '.join(groups[4:])}")
    print(f"  for                    {', '.join([*shown.names, *map(str, shown.addresses)])}")
    print(f"  until                  {shown.until:%Y-%m-%d %H:%M} UTC")
    if shown.is_unannounced:
        print("  avahi does not say a name of this box: names that end in .local are not found in the lab")
    if shown.is_renamed:
        print(f"! another machine in this network has the name of this box, which is found as {shown.announced} now")
        print("  Give one of them another name, and restart it.")
    if shown.trouble:
        print(f"! {shown.trouble}")
        print(f"  {shown.hint}")
