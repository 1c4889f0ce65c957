"""The certificate as a lab's computer meets it: a real TLS handshake with this box, by its own name and address."""

import datetime
import os
import socket
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509

from appliance.web.setup.finding import Finding, State

SECONDS = 3.0
SOON = datetime.timedelta(days=30)
_FLIGHTS = 6
"""Messages there and back, in a handshake at most."""


@dataclass(frozen=True, slots=True)
class Met:
    """What one handshake said. `wrong`: "" or the code of what is not right."""

    name: str
    wrong: str = ""
    until: datetime.datetime | None = None


def meet(name: str, *, host: str, port: int, ca: Path | None, seconds: float = SECONDS) -> Met:
    """Shake hands with `host`, as somebody who typed `name` into a browser that trusts `ca` (None: what the machine
    trusts)."""
    try:
        context = ssl.create_default_context(cafile=str(ca) if ca else None)
        with (
            socket.create_connection((host, port), timeout=seconds) as line,
            context.wrap_socket(line, server_hostname=name) as safe,
        ):
            shown = x509.load_der_x509_certificate(safe.getpeercert(binary_form=True) or b"")
    except ssl.SSLCertVerificationError as error:
        return Met(name, _CODES.get(error.verify_code, "chain"))
    except (ssl.SSLError, ValueError):
        return Met(name, "no_tls")
    except OSError:
        return Met(name, "no_answer")
    return Met(name, "", shown.not_valid_after_utc)


_CODES = {62: "name", 64: "name", 10: "expired", 9: "not_yet"}
"""OpenSSL's verify codes: HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH, HAS_EXPIRED, NOT_YET_VALID."""


def look(
    names: Sequence[str], *, port: int, ca: Path | None, now: datetime.datetime, host: str = "127.0.0.1"
) -> list[Finding]:
    """One sentence for what is well, and one for each name that is not."""
    met = [meet(name, host=host, port=port, ca=ca) for name in names]
    wrong = [_found(State.BAD, f"handshake_{one.wrong}", name=one.name) for one in met if one.wrong]
    ends = [one.until for one in met if one.until is not None]
    if not ends:
        return wrong
    return [_well([one.name for one in met if not one.wrong], min(ends), now), *wrong]


def _well(names: Sequence[str], until: datetime.datetime, now: datetime.datetime) -> Finding:
    state, code = (State.GOOD, "handshake") if until - now > SOON else (State.WARN, "handshake_soon")
    return _found(state, code, names=", ".join(names), until=f"{until:%Y-%m-%d}")


def _found(state: State, code: str, **values: str) -> Finding:
    return Finding(about="handshake", state=state, code=code, values=values)


def tried(
    chain: str, key: str, names: Sequence[str], *, now: datetime.datetime, folder: Path, trust: str = ""
) -> list[Finding]:
    """A certificate that is not in use yet: a handshake in memory, with whoever signed it trusted, as each of these
    names. `trust`: PEM of the site's root, where the chain does not end with it."""
    with tempfile.TemporaryDirectory(dir=folder, prefix="setup-") as place:
        file = Path(place) / "pair.pem"
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii", errors="replace") as out:
            out.write(f"{key.strip()}\n{chain.strip()}\n")
        server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            server.load_cert_chain(file)
        except (ssl.SSLError, OSError):
            return [_found(State.BAD, "handshake_pair")]
    known = x509.load_pem_x509_certificates(chain.encode())
    met = [_in_memory(name, server, trust or chain) for name in names]
    return _sorted_out(met, known[0].not_valid_after_utc, now)


def _in_memory(name: str, server: ssl.SSLContext, trust: str) -> Met:
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=trust)
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(back, there, server_hostname=name)
    answering = server.wrap_bio(there, back, server_side=True)
    try:
        for _ in range(_FLIGHTS):
            for end in (asking, answering):
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLCertVerificationError as error:
        return Met(name, _CODES.get(error.verify_code, "chain"))
    except ssl.SSLError:
        return Met(name, "no_tls")
    return Met(name)


def _sorted_out(met: Sequence[Met], until: datetime.datetime, now: datetime.datetime) -> list[Finding]:
    """A site's certificate need not have every name: one that fits is enough, the others are told."""
    well = [one.name for one in met if not one.wrong]
    names = [one for one in met if one.wrong == "name"]
    worse = [one for one in met if one.wrong and one.wrong != "name"]
    if worse or not well:
        first = (worse or names)[0]
        return [_found(State.BAD, f"handshake_{first.wrong}", name=first.name)]
    found = [_well(well, until, now)]
    if names:
        missing = ", ".join(one.name for one in names)
        found.append(_found(State.NOTE, "handshake_not_for", names=missing))
    return found
