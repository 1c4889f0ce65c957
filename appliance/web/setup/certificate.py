"""The certificate step: the box's own authority, or the site's certificate, tried before it is used."""

import datetime
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from appliance.box.paths import Paths
from appliance.certificates import chain, chosen, site
from appliance.certificates.chain import Chain
from appliance.config import Settings
from appliance.errors import ApplianceError, BadInput
from appliance.provision.seed import Certificate
from appliance.web.setup import handshake
from appliance.web.setup.finding import Finding

NAMES_LONGEST = 253


def asked_for(paths: Paths, settings: Settings, name: str) -> bytes:
    """A signing request for this name, PEM; the key stays on the box."""
    chosen.write(paths, names=name.lower())
    return site.request(paths, settings)


def tried(paths: Paths, given: Sequence[bytes], wanted: Sequence[str], *, now: datetime.datetime) -> list[Finding]:
    """What somebody would install: is it whole, and does a handshake with it succeed?"""
    try:
        made = _made(paths, given, wanted, now=now)
    except ApplianceError as error:
        return [Finding.of_error("handshake", error)]
    certificates = "".join(one.public_bytes(Encoding.PEM).decode() for one in made.certificates)
    key = chain.pem_of(made.key).decode()
    return handshake.tried(certificates, key, wanted, now=now, folder=Path(paths.run))


def _made(paths: Paths, given: Sequence[bytes], wanted: Sequence[str], *, now: datetime.datetime) -> Chain:
    known = site.pending(paths)
    return chain.checked(chain.read(*given), reached=wanted, now=now, own=[known[0]] if known else [])


def install(paths: Paths, settings: Settings, given: Sequence[bytes], *, name: str) -> Certificate:
    """Use the site's certificate from now on; -> what the seed says of it. BadInput, and nothing has changed."""
    if name:
        chosen.write(paths, names=name.lower())
    if given:
        site.install(paths, settings, chain.read(*given))
    there = site.installed(paths)
    if there is None:
        raise BadInput("there is no certificate yet", hint="Choose the file that the authority gave you.")
    if chosen.of(paths, settings).mode != "files":
        chosen.write(paths, mode="files")
    certificates = "".join(one.public_bytes(Encoding.PEM).decode() for one in there.certificates)
    key = chain.pem_of(there.key).decode()
    return Certificate(mode="files", names=(name,) if name else (), chain=certificates, key=key)


def own(paths: Paths, settings: Settings) -> Certificate:
    """The box's own authority."""
    if chosen.of(paths, settings).mode == "files":
        chosen.write(paths, mode="own")
    return Certificate()
