"""`provisioning/update/bundle DEB --key KEY.pem`: the update bundle of a package, signed."""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

from appliance.errors import ApplianceError, BadInput
from appliance.update import bundle
from appliance.update.bundle import Manifest

_FIELDS = ("Package", "Version", "Architecture", "Installed-Size")


def main(argv: list[str] | None = None) -> int:
    """Make it; -> exit code."""
    parser = argparse.ArgumentParser(prog="bundle", description="The update bundle of a package, signed.")
    parser.add_argument("deb", type=Path, metavar="DEB")
    parser.add_argument("--key", type=Path, required=True, metavar="KEY.pem", help="the Ed25519 key that signs")
    parser.add_argument("--out", type=Path, default=Path(), metavar="DIR", help="where it is put (here)")
    options = parser.parse_args(argv)
    try:
        print(make(options.deb, options.key, options.out))
    except ApplianceError as error:
        print(f"bundle: {error.message}\n  {error.hint}", file=sys.stderr)
        return 2
    return 0


def make(deb: Path, key: Path, folder: Path) -> Path:
    """-> FOLDER/NAME.update."""
    command = ["dpkg-deb", "-f", str(deb), *_FIELDS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInput(
            f"{deb} is no package: {done.stderr.strip()}", hint="Make one: provisioning/package/build OUTDIR"
        )
    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    with open(deb, "rb") as data:
        sha256 = hashlib.file_digest(data, "sha256").hexdigest()
    manifest = Manifest(
        package=said["Package"], version=said["Version"], architecture=said["Architecture"], file=deb.name,
        size=deb.stat().st_size, sha256=sha256, installed_kilobytes=int(said["Installed-Size"]),
    )  # fmt: skip
    out = folder / f"{deb.stem}.update"
    bundle.write(out, deb, manifest, key)
    return out


if __name__ == "__main__":
    sys.exit(main())
