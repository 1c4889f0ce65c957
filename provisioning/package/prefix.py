"""The packages of requirements/runtime.txt as the box has them: checked by hash, without what no box ever uses."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from appliance.errors import Unavailable

_HERE = Path(__file__).parent
_LEFT_OUT = _HERE / "left-out.toml"


def site_packages(root: Path, cache: Path) -> Path:
    """-> a folder with all of them, made once for each lock."""
    lock = root / "requirements" / "runtime.txt"
    said = hashlib.sha256(lock.read_bytes() + _LEFT_OUT.read_bytes() + Path(__file__).read_bytes()).hexdigest()[:16]
    made = cache / f"site-packages-{said}"
    if made.is_dir():
        return made
    shutil.rmtree(cache, ignore_errors=True)  # those of an older lock
    cache.mkdir(parents=True)
    unfinished = cache / "unfinished"
    _install(lock, unfinished, report=made.with_name(f"{made.name}.wheels.json"))
    _leave_out(unfinished)
    return unfinished.rename(made)


def _install(lock: Path, folder: Path, *, report: Path) -> None:
    """`report`: the hash of each wheel that was taken, for the bill of materials."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
    command += ["--require-hashes", "--no-deps", "--only-binary", ":all:", "--report", str(report)]
    command += ["--target", str(folder), "-r", str(lock)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise Unavailable(
            f"pip could not install requirements/runtime.txt: {said[-1] if said else 'no reason given'}",
            hint="Check the network, and that a wheel of each package exists for this machine.",
        )
    said = json.loads(report.read_text("utf-8"))["install"]
    hashes = {}
    for one in said:
        name = re.sub(r"[-_.]+", "-", one["metadata"]["name"]).lower()
        hashes[name] = one["download_info"]["archive_info"]["hashes"]["sha256"]
    report.write_text(json.dumps(hashes, indent=1, sort_keys=True), "utf-8")


def _leave_out(folder: Path) -> None:
    rules = left_out()
    for found in sorted(folder.rglob("*"), key=lambda path: len(path.parts)):
        place = found.relative_to(folder).as_posix()
        if found.exists() and any(speaks_of(rule, place) for rule in rules):
            shutil.rmtree(found) if found.is_dir() else found.unlink()


def left_out() -> list[dict[str, Any]]:
    """The rules of left-out.toml."""
    return list(tomllib.loads(_LEFT_OUT.read_text(encoding="utf-8"))["left_out"])


def speaks_of(rule: dict[str, Any], place: str) -> bool:
    """Is this left out by it?"""
    return fnmatch(place, rule["path"]) and not any(fnmatch(place, kept) for kept in rule.get("keep", ()))
