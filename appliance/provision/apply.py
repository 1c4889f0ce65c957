"""A seed becomes the box's: settings, keys of the store, certificate, people; and the machine's, by its steward.

Everything may be done again: the same seed leaves the same box. Nothing that somebody set by hand is lost: the older
appliance.toml stays beside the new one.
"""

import dataclasses
import os
import tomllib
from pathlib import Path
from typing import Any

from appliance import config
from appliance.box import disk
from appliance.box.paths import Paths
from appliance.certificates import chain, site
from appliance.errors import ConfigError, StorageFull
from appliance.exam.permissions import Role
from appliance.ledger import state
from appliance.ledger.actions import users
from appliance.ledger.writer import Transaction
from appliance.provision import written
from appliance.provision.machine import Machine
from appliance.provision.seed import Seed
from appliance.provision.verbs import apply as verb

STORE_KEYS = "upstream.credentials"
STORE_CA = "upstream-ca.pem"
ACME_CA = "acme-ca.pem"
APPLIED = "provision.toml"
WANTED = "wanted.toml"


def box(paths: Paths, seed: Seed) -> None:
    """What is the box's own: appliance.toml, the files under keys/, and the seed itself, as it holds from now on
    (`provision/provision.toml`, 0600). ConfigError or StorageFull, and then nothing is half there."""
    try:
        content = settings(_table(paths.config), paths, seed, before=applied(paths))
        config.of(content, where=str(paths.config))
        for name, held in secrets(seed).items():
            private(paths.keys / name, held.encode())
        if seed.certificate.mode == "files":
            site.use(paths, _chain(seed))
        _keep_older(paths.config)
        private(paths.config, written.tables(content).encode(), mode=0o640)
        private(paths.provision / APPLIED, written.dumps(seed).encode())
    except OSError as error:
        raise StorageFull(
            f"the settings cannot be written: {error.strerror}", hint="Check that the disk is not full."
        ) from None


def settings(old: dict[str, Any], paths: Paths, seed: Seed, *, before: Seed | None) -> dict[str, Any]:
    """appliance.toml's tables: as they are, with what the seed says over them. What the seed leaves out stays as
    somebody wrote it, unless an older seed (`before`) said it."""
    words, told = _words(paths, seed), _words(paths, before) if before else {}
    new: dict[str, Any] = dict(old)
    for section, values in seed.settings.items():
        new[section] = values if isinstance(values, list) else {**new.get(section, {}), **values}
    for section, keys in words.items():
        table = dict(new.get(section, {}))
        for key, value in keys.items():
            if value:
                table[key] = value
            elif told.get(section, {}).get(key):
                table.pop(key, None)
        new[section] = table
    return {section: values for section, values in new.items() if values}


def _words(paths: Paths, seed: Seed) -> dict[str, dict[str, Any]]:
    """The seed in the words of appliance.toml; what it leaves out is empty."""
    upstream, certificate = seed.upstream, seed.certificate
    acme = certificate.mode == "acme"
    return {
        "upstream": {
            "site": seed.lab.site,
            "box": seed.lab.box,
            "url": upstream.url,
            "folder": upstream.folder,
            "endpoint": upstream.endpoint,
            "region": upstream.region,
            "credentials_file": str(paths.keys / STORE_KEYS) if upstream.access_key else "",
            "ca_file": str(paths.keys / STORE_CA) if upstream.ca else "",
            "limit_mbit": upstream.limit_mbit,
            "exam_limit_mbit": upstream.exam_limit_mbit,
        },
        "retention": dataclasses.asdict(seed.retention),
        "https": {
            "mode": certificate.mode if certificate.mode != "own" else "",
            "domain": seed.network.domain,
            "names": ",".join(certificate.names),
            "acme_directory": certificate.directory if acme else "",
            "acme_email": certificate.email if acme else "",
            "acme_ca_file": str(paths.keys / ACME_CA) if acme and certificate.ca else "",
        },
    }


def secrets(seed: Seed) -> dict[str, str]:
    """File under keys/ -> what it holds."""
    upstream, found = seed.upstream, {}
    if upstream.access_key:
        found[STORE_KEYS] = (
            f"[default]\naws_access_key_id = {upstream.access_key}\naws_secret_access_key = {upstream.secret_key}\n"
        )
    if upstream.ca:
        found[STORE_CA] = upstream.ca
    if seed.certificate.mode == "acme" and seed.certificate.ca:
        found[ACME_CA] = seed.certificate.ca
    return found


def _chain(seed: Seed) -> chain.Chain:
    handed = chain.read(seed.certificate.key.encode(), seed.certificate.chain.encode())
    return chain.Chain(handed.keys[0], tuple(handed.certificates))


def people(transaction: Transaction, seed: Seed, *, by: str) -> list[str]:
    """Let the seed's admins sign in; -> who is new. Who is there already stays as they are: they may have another
    password since."""
    known = {row.user for row in state.users(transaction.connection)}
    new = [one for one in seed.admin if one.user not in known]
    for one in new:
        users.create_user(
            transaction,
            user=one.user, name=one.name or one.user, role=Role(one.role), password_hash=one.password_hash, by=by,
        )  # fmt: skip
    return [one.user for one in new]


def machine(seed: Seed, root: Path = Path("/"), *, on: Machine | None = None) -> list[str]:
    """What is the machine's: host name, network, time zone, time servers. Only for root; -> what was done, in
    sentences."""
    return verb.all_of(seed, on or Machine(root))


def wanted(paths: Paths, seed: Seed) -> Path:
    """Leave the seed for the steward (`Verb.APPLY`); -> the file."""
    file = paths.provision / WANTED
    private(file, written.dumps(seed).encode())
    return file


def applied(paths: Paths) -> Seed | None:
    """The seed as it holds; None where the box was never told anything."""
    try:
        return written.read((paths.provision / APPLIED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def private(file: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Whole or not at all, for the box's own eyes, and on the disk."""
    file.parent.mkdir(parents=True, exist_ok=True)
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, mode)
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    new.replace(file)
    disk.sync_folder(file.parent)


def _table(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (ValueError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read: {error}", hint="Compare it with docs/configuration.md.") from None


def _keep_older(file: Path) -> None:
    if file.exists():
        private(file.with_name(f"{file.name}.before"), file.read_bytes(), mode=0o640)
