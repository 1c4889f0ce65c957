"""What `appliance verify` understands. Light: the command line reads it for every `--help`."""

import argparse
from pathlib import Path

_VERIFY = """
Proves evidence: says OK, or names the first thing that is missing, changed, reordered or cut off. Needs no box; reads
only, and keeps nothing. docs/verify.md says what that proves and what it cannot. Exit code 0: proved; 1: something is
not what a box signed; 2: it could not be looked at.
"""


def add_verify(parser: argparse.ArgumentParser) -> None:
    """Options of `appliance verify`."""
    parser.description = _VERIFY
    parser.add_argument(
        "place",
        metavar="PATH|URL",
        help="a folder; a store as in s3://BUCKET/PREFIX; or the https:// address of one attempt's or exam's folder",
    )
    parser.add_argument(
        "--key", type=Path, metavar="PATH", help="the box's public key from another place, or a folder of SITE/BOX.pub"
    )
    parser.add_argument("--site-ca", type=Path, metavar="FILE", help="the authority of the site, for manifest.p7s")
    parser.add_argument("--tsa-ca", type=Path, metavar="FILE", help="that of the time-stamping service (manifest.tsr)")
    parser.add_argument(
        "--since",
        metavar="DATE",
        help="what was stored before this day (2026-11-22) may have been deleted; checkpoints before are not read",
    )
    parser.add_argument("--json", action="store_true", help="everything that was found, as JSON")
    how = parser.add_argument_group("how a store is asked")
    how.add_argument("--endpoint", default="", metavar="URL", help="where S3 is, unless it is Amazon's")
    how.add_argument("--region", default="", metavar="NAME")
    how.add_argument("--profile", default="default", metavar="NAME", help="which keys in the file of keys")
    how.add_argument("--credentials", default="", metavar="FILE", help="the file of keys, as of the aws command")
    how.add_argument("--ca", default="", metavar="FILE", help="the certificate that the store's HTTPS is checked by")
    how.add_argument("--virtual-host", action="store_true", help="the bucket is part of the host's name")
