"""What `appliance certificate` understands. Light: the command line reads it for every `--help`."""

import argparse
from pathlib import Path

from appliance.box.console import Command, Commands, lazily


def add(commands: Commands) -> None:
    """The group and its commands."""
    group = commands.group("certificate", "what HTTPS shows: the box's own certificate, or the site's")
    show = group.add("show", _does("show"), "which one, its fingerprint, until when; exit code 1 when it is not well")
    show.add_argument("--pem", action="store_true", help="what devices have to trust, to standard output")
    show.add_argument("--json", action="store_true")
    group.add("renew", _does("renew"), "do what is due, now; exit code 1 when it could not be renewed")
    request = group.add("request", _does("request"), "a request for the site's authority (CSR); its key stays here")
    _add_names(request)
    install = group.add(
        "install", _does("install"), "use the site's certificate: it is checked, the one before is kept"
    )
    install.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="certificate, chain and key: .pem, .crt, .cer, .p7b, .pfx"
    )
    install.add_argument("--password-file", type=Path, metavar="FILE", help="its first line opens the key or the .pfx")
    _add_names(install)
    group.add("back", _does("back"), "use the site's certificate before this one")
    own = group.add("own", _does("own"), "show the box's own certificate")
    own.add_argument(
        "--anew", action="store_true", help="with a new authority: every device has to trust the box once more"
    )
    acme = group.add("acme", _does("acme"), "fetch the certificate from the site's ACME server, and renew it in time")
    acme.add_argument("--directory", metavar="URL", help="its directory, kept as [https] acme_directory")
    acme.add_argument("--email", metavar="ADDRESS", help="whom it writes to, kept as [https] acme_email")
    acme.add_argument("--ca", type=Path, metavar="FILE", help="PEM that its own HTTPS is checked by")
    _add_names(acme)


def _add_names(parser: argparse.ArgumentParser) -> None:
    what = "a name of the box, kept as [https] names; may be given again"
    parser.add_argument("--name", action="append", default=[], metavar="NAME", help=what)


def _does(what: str) -> Command:
    return lazily("appliance.certificates.command", what)
