"""When a new certificate is fetched from the site's ACME server, and what came of the last try."""

import datetime
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from appliance.box import secret
from appliance.box.paths import Paths
from appliance.certificates import chain, reach, site
from appliance.config_https import HttpsSettings
from appliance.errors import ApplianceError, BadInput, StorageFull

FILE, CA = "renewal.json", "acme-ca.pem"
PART_LEFT = 3
"""Renewed when this part of its life is left: a third, as ACME clients do."""

_SAME_SECONDS = 60.0
"""A clock that was set back further than this says nothing about how long ago it was."""

FIRST_HOURS, LONGEST_HOURS = 1.0, 24.0
"""Between two tries: twice as long after each that failed."""


@dataclass(frozen=True, slots=True)
class Try:
    """`at`: wall seconds. `trouble` empty: it worked."""

    at: float
    failures: int = 0
    trouble: str = ""
    hint: str = ""


def last(paths: Paths) -> Try | None:
    """What came of the last try; None where there was none."""
    try:
        return Try(**json.loads((paths.keys / FILE).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def is_due(paths: Paths, https: HttpsSettings, now: datetime.datetime) -> bool:
    """Is it time for a new one, and long enough since the last try failed?"""
    tried = last(paths)
    if tried is not None and tried.failures:
        wait = min(LONGEST_HOURS, FIRST_HOURS * 2 ** (tried.failures - 1)) * 3600
        if -_SAME_SECONDS < now.timestamp() - tried.at < wait:
            return False
    try:
        installed = site.installed(paths)
    except ApplianceError:
        return True
    if installed is None:
        return True
    leaf = installed.leaf
    whole = leaf.not_valid_after_utc - leaf.not_valid_before_utc
    wanted = reach.of(https).site
    return leaf.not_valid_after_utc - now < whole / PART_LEFT or not all(chain.covers(leaf, one) for one in wanted)


def keep_ca(paths: Paths, pem: bytes) -> Path:
    """Keep the certificate that the ACME server's own HTTPS is checked by; -> its file."""
    if not chain.read(pem).certificates:
        raise BadInput("the file has no certificate of an authority", hint="Name the site's authority as PEM.")
    file = paths.keys / CA
    try:
        secret.write(file, pem)
    except OSError as error:
        raise StorageFull(f"{file} cannot be written: {error.strerror}", hint="Check the disk.") from None
    return file


def fetch(paths: Paths, https: HttpsSettings) -> Try:
    """Try now. What there was stays in use until the new one is there and checked."""
    from appliance.certificates import acme_order  # loads requests and josepy, which nobody needs without ACME

    before = last(paths)
    try:
        https.check()
        site.use(paths, acme_order.fetched(paths, https))
        made = Try(time.time())
    except ApplianceError as error:
        failures = (before.failures if before else 0) + 1
        made = Try(time.time(), failures, f"no new certificate could be fetched: {error.message}", error.hint)
    try:
        secret.write(paths.keys / FILE, json.dumps(asdict(made)).encode())
    except OSError as error:
        raise StorageFull(f"what came of it cannot be written: {error.strerror}", hint="Check the disk.") from None
    return made
