"""`provisioning/package/build OUTDIR`: the Debian package of this tree."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from appliance import __version__
from appliance.errors import ApplianceError, BadInput
from provisioning.package import deb, prefix, tree

ROOT = Path(__file__).parents[2]
_VERSION = re.compile(r"[0-9][0-9A-Za-z.+~]*")


def main() -> int:
    """Build; -> exit code."""
    options = _options()
    try:
        print(_build(options.outdir.resolve(), options.version or __version__, compression=options.compression))
    except ApplianceError as error:
        print(f"build: {error.message}", file=sys.stderr)
        if error.hint:
            print(f"  {error.hint}", file=sys.stderr)
        return 2
    return 0


def _build(outdir: Path, version: str, *, compression: str) -> Path:
    if not _VERSION.fullmatch(version):
        raise BadInput(f"{version!r} is no version", hint="Digits, letters, dots, + and ~, as in 1.2.0 or 1.2.0~rc1.")
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or _committed_at())
    outdir.mkdir(parents=True, exist_ok=True)
    site = prefix.site_packages(ROOT, ROOT / "build" / "package")
    with tempfile.TemporaryDirectory(prefix=".package-", dir=ROOT / "build") as temporary:
        stage = Path(temporary) / "root"
        stage.mkdir(mode=0o755)
        tree.make(ROOT, stage, site=site, version=version, epoch=epoch)
        return deb.write(stage, outdir, version=version, epoch=epoch, compression=compression)


def _committed_at() -> str:
    """So that the same commit makes the same package."""
    command = ["git", "-C", str(ROOT), "log", "-1", "--format=%ct"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="build", description="The Debian package of this tree.")
    parser.add_argument("outdir", type=Path, metavar="OUTDIR")
    parser.add_argument("--version", metavar="V", help=f"its version ({__version__})")
    parser.add_argument("--compression", default="zstd", choices=("zstd", "xz", "none"), help="how it is packed (zstd)")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
