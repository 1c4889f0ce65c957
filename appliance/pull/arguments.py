"""What `appliance pull` and `appliance join` understand. Light: the command line reads it for every `--help`."""

import argparse
from pathlib import Path

_PULL = """
Copies exams from a store into a folder and proves them there. Nothing of the appliance has to run at the store, and no
box is needed here. Run it again: what is there and right is not fetched again. Exit code 0: all proved; 1: something is
not what a box signed; 2: it could not be done.
"""


def add_pull(parser: argparse.ArgumentParser) -> None:
    """Options of `appliance pull`."""
    parser.description = _PULL
    parser.add_argument("location", metavar="STORE", help="a folder, or a store as in s3://BUCKET/PREFIX")
    parser.add_argument("folder", nargs="?", type=Path, metavar="DIR", help="where the copy is kept")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--list", action="store_true", help="only show what there is, a line for each exam")
    what.add_argument("--index-only", action="store_true", help="only write DIR/index.html on what the store has")
    what.add_argument("--no-video", action="store_true", help="everything but the recordings")
    what.add_argument("--reports-only", action="store_true", help="only the newest reports, and the signed lists")
    parser.add_argument("--json", action="store_true", help="with --list: as JSON")
    which = parser.add_argument_group("which exams", "Each may be given several times; NAME may be a pattern: 'lab-*'.")
    which.add_argument("--site", action="append", default=[], metavar="NAME")
    which.add_argument("--box", action="append", default=[], metavar="NAME", help="the lab's box")
    which.add_argument("--exam", action="append", default=[], metavar="ID")
    which.add_argument("--attempt", action="append", default=[], metavar="ID", help="or the candidate's number")
    which.add_argument("--from", dest="since", metavar="DATE", help="exams that begin on this day or later: 2026-11-22")
    which.add_argument("--to", dest="until", metavar="DATE", help="exams that begin on this day or before")
    which.add_argument(
        "--flagged", nargs="?", const="", metavar="CODE", help="attempts with a flag, or with this one (docs/flags.md)"
    )
    how = parser.add_argument_group("how the store is asked")
    how.add_argument("--endpoint", default="", metavar="URL", help="where S3 is, unless it is Amazon's")
    how.add_argument("--region", default="", metavar="NAME")
    how.add_argument("--profile", default="default", metavar="NAME", help="which keys in the file of keys")
    how.add_argument("--credentials", default="", metavar="FILE", help="the file of keys, as of the aws command")
    how.add_argument("--ca", default="", metavar="FILE", help="the certificate that the store's HTTPS is checked by")
    how.add_argument("--virtual-host", action="store_true", help="the bucket is part of the host's name")
    parser.add_argument(
        "--key", type=Path, metavar="PATH", help="the box's public key from another place, or a folder of SITE/BOX.pub"
    )
    parser.add_argument("--at-once", type=_few, default=8, metavar="N", help="downloads at the same time (8)")
    parser.add_argument("--quiet", action="store_true", help="say only what is wrong")


_JOIN = """
Makes one report of an exam that several boxes held, out of a copy that `appliance pull` made: JSON, CSV and PDF. A
box's report is taken only when the box signed it; what does not fit together, and which box is missing, stands in it.
Exit code 0: every box proved; 1: one is not, or is still to come; 2: it could not be done.
"""


def add_join(parser: argparse.ArgumentParser) -> None:
    """Options of `appliance join`."""
    parser.description = _JOIN
    parser.add_argument("folder", type=Path, metavar="DIR", help="the copy, as `appliance pull STORE DIR` made it")
    parser.add_argument("--exam", required=True, metavar="ID", help="its name, the same on each box")
    parser.add_argument("--site", action="append", default=[], metavar="NAME", help="only this site; a pattern")
    parser.add_argument("--box", action="append", default=[], metavar="NAME", help="only this box; a pattern")
    parser.add_argument(
        "--expect", action="append", default=[], metavar="SITE/BOX", help="a box that held it: said when it is missing"
    )
    parser.add_argument("--to", type=Path, metavar="DIR", help="where the report goes (DIR/_pull/joined/ID)")
    parser.add_argument(
        "--key", type=Path, metavar="PATH", help="the boxes' public keys from another place: a folder of SITE/BOX.pub"
    )
    parser.add_argument("--anew", action="store_true", help="prove everything again, not the reports alone")


def _few(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 64:
        raise argparse.ArgumentTypeError("1 to 64")
    return number
