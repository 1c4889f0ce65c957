"""The certificate that HTTPS shows, in `keys/https.pem`: key, leaf and chain in one file, for the door, for nginx, and
for who wants to know until when it holds."""

import datetime
import hashlib
from dataclasses import dataclass
from pathlib import Path

from appliance.box import secret
from appliance.box.authority import Address, Authority, own_names
from appliance.box.paths import Paths
from appliance.certificates import chain, chosen, reach, renewal, site
from appliance.certificates.chain import Chain
from appliance.config import Settings
from appliance.config_https import HttpsSettings
from appliance.errors import ApplianceError, StorageFull

FILE = "https.pem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certified:
    """`file`: key, leaf and chain, PEM. `mode`: whose it is: own, files or acme; `wanted`: what the settings want.
    `fingerprint`: SHA-256, as browsers show it, of the box's authority, or of the site's certificate. `names` and
    `addresses` it is for, best first; `uncovered`: names of the box it is not for. Valid from `begins` `until`.
    `announced`: the `.local` name by which the box is found in the lab, "" where nobody says one.
    `trouble` and `hint`: why it is not what is wanted, or why it was not renewed. `mark` changes with the file."""

    file: Path
    mode: str
    wanted: str
    fingerprint: str
    names: tuple[str, ...]
    addresses: tuple[Address, ...]
    uncovered: tuple[str, ...]
    begins: datetime.datetime
    until: datetime.datetime
    announced: str = ""
    trouble: str = ""
    hint: str = ""
    mark: str = ""

    @property
    def is_renamed(self) -> bool:
        """Has another machine of this network the box's name?"""
        return bool(self.announced) and self.announced != own_names()[1]

    @property
    def is_unannounced(self) -> bool:
        """Is it for a `.local` name that nobody says?"""
        return not self.announced and any(name.endswith(".local") for name in self.names)

    @property
    def is_own(self) -> bool:
        """Does every device have to trust the box's authority first?"""
        return self.mode == "own"


def current(paths: Paths, settings: Settings) -> Certified:
    """What is shown now. Makes what there is not yet: the box's authority, its leaf, the file. Where the site's
    certificate cannot be shown, the box's own is, and `trouble` says why. ApplianceError when the keys cannot be read
    or written."""
    https = chosen.of(paths, settings)
    found = reach.of(https)
    own = Authority(paths.keys, zones=https.zones)
    trouble, hint = "", ""
    if https.mode != "own":
        try:
            installed = site.installed(paths)
        except ApplianceError as error:
            trouble, hint = error.message, error.hint
        else:
            last = renewal.last(paths) if https.mode == "acme" else None
            if last is not None and last.trouble:
                trouble, hint = last.trouble, last.hint
            if installed is not None:
                return _sites(paths, https, installed, found, trouble, hint)
            trouble = trouble or "there is no certificate of the site yet, so the box's own is shown"
            hint = hint or _NONE_YET[https.mode]
    leaf = own.leaf(found.names, found.addresses)
    uncovered = tuple(name for name in found.names if "." in name and name not in leaf.names)
    if uncovered and not trouble:
        trouble = f"the box's own authority may not vouch for {', '.join(uncovered)}"
        hint = (
            "Use another name or the address, install the site's certificate, or make a new authority: "
            "appliance certificate own --anew; then every device has to trust that one."
        )
    return Certified(
        file=_shown(paths, leaf.pem), mode="own", wanted=https.mode, fingerprint=own.fingerprint,
        names=leaf.names, addresses=leaf.addresses, uncovered=uncovered, begins=leaf.begins, until=leaf.until,
        announced=found.announced, trouble=trouble, hint=hint, mark=hashlib.sha256(leaf.pem).hexdigest(),
    )  # fmt: skip


_NONE_YET = {
    "files": "Install it on the page /box/certificate, or by: appliance certificate install FILE",
    "acme": "It is fetched by itself; to see now what is wrong: appliance certificate renew",
}


def _sites(
    paths: Paths, https: HttpsSettings, installed: Chain, found: reach.Reach, trouble: str, hint: str
) -> Certified:
    pem = installed.pem()
    covered = [one for one in found.names if chain.covers(installed.leaf, one)]
    reached = [one for one in found.addresses if chain.covers(installed.leaf, str(one))]
    uncovered = tuple(name for name in found.site if name not in covered)
    if uncovered and not trouble:
        trouble = f"the site's certificate is not for {', '.join(uncovered)}"
        hint = "Ask for one that is: appliance certificate request, or the page /box/certificate."
    return Certified(
        file=_shown(paths, pem), mode=https.mode, wanted=https.mode, fingerprint=chain.fingerprint(installed.leaf),
        names=tuple(covered) or chain.names(installed.leaf), addresses=tuple(reached), uncovered=uncovered,
        begins=installed.leaf.not_valid_before_utc, until=installed.leaf.not_valid_after_utc,
        announced=found.announced, trouble=trouble, hint=hint, mark=hashlib.sha256(pem).hexdigest(),
    )  # fmt: skip


def renew(paths: Paths, settings: Settings, *, now: datetime.datetime | None = None) -> Certified:
    """Do what is due: the box's own leaf, or a new certificate from the site's ACME server. What fails is told in
    `trouble`, and what there was stays."""
    https = chosen.of(paths, settings)
    if https.mode == "acme" and renewal.is_due(paths, https, now or datetime.datetime.now(datetime.UTC)):
        renewal.fetch(paths, https)
    return current(paths, settings)


def _shown(paths: Paths, pem: bytes) -> Path:
    """Write it where both fronts look, if it is not there."""
    file = paths.keys / FILE
    try:
        if not file.exists() or file.read_bytes() != pem:
            secret.write(file, pem)
    except OSError as error:
        raise StorageFull(f"{file} cannot be written: {error.strerror}", hint="Check the disk.") from None
    return file
