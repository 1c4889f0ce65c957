"""The live tests as the page asks for them: what stands in the form now is tried for real, in a bounded time."""

import base64
import datetime
import ipaddress
import os
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from flask import Blueprint, jsonify, request
from werkzeug.wrappers import Response

from appliance.box import authority
from appliance.certificates import site
from appliance.errors import NotAllowed, NotFound
from appliance.exam.permissions import Action
from appliance.provision import rules
from appliance.provision.apply import secrets
from appliance.provision.seed import Seed
from appliance.web.context import services
from appliance.web.needs import needs, opens, takes
from appliance.web.parse import Fields
from appliance.web.setup import (
    address,
    certificate,
    gate,
    handshake,
    link,
    progress,
    resolving,
    round_trip,
    sntp,
    typed,
)
from appliance.web.setup.finding import Finding, State, sentence
from appliance.web.setup.language import words
from appliance.web.setup.steps import Step
from appliance.web.setup.workshop import workshop

bp = Blueprint("setup_checks", __name__)

FIELDS = (
    "way", "address", "gateway", "dns", "domain", "time_servers", "mode", "name", "chain_data", "key_data", "kind",
    "folder", "bucket", "endpoint", "region", "access_key", "secret_key", "ca",
)  # fmt: skip
MOST_BYTES = 300_000
NOWHERE = "example.org"
"""A name that every resolver of the internet knows (RFC 2606)."""

HTTPS = 443
BUSY_SECONDS = 5.0
"""A test waits so long for another to end; then the page says that the box is busy."""


@bp.post("/api/setup/check/<check>")
@opens(gate.holds)
@takes(MOST_BYTES)
@needs(Action.SET_UP)
def check(check: str) -> Response:
    """`{fields of the form, now}` -> `{findings: [{about, state, state_word, sentence, hint, foreign}]}`."""
    look = _LOOKS.get(check)
    if look is None:
        raise NotFound(words()("setup.no_check"))
    fields = Fields()
    form = {name: fields.text(name, longest=150_000, default="") for name in FIELDS}
    device = fields.number("now", default=0.0)
    if not workshop().checking.acquire(timeout=BUSY_SECONDS):
        raise NotAllowed(words()("setup.checks_busy"), hint=words()("setup.checks_busy_hint"))
    try:
        found = look(form, device)
    finally:
        workshop().checking.release()
    return jsonify(findings=[one.to_json(words()) for one in found])


def _network(form: dict[str, str], device: float) -> list[Finding]:
    said = typed.read(Step.NETWORK, {**form, "time_servers": ""}, Seed(), progress.Progress(), words())
    found = link.look()
    if said.wrong:
        return [*found, *_wrong("fixed", said)]
    network = said.seed.network
    if network.address and ipaddress.ip_interface(network.address).version == 4:
        found += link.fixed(network.address)
    servers = [one for one in _servers(form) if not _is_address(one)]
    return [*found, resolving.look(servers[0] if servers else NOWHERE)]


def _clock(form: dict[str, str], device: float) -> list[Finding]:
    said = typed.read(Step.NETWORK, {"time_servers": form["time_servers"]}, Seed(), progress.Progress(), words())
    found = _wrong("clock", said) if said.wrong else sntp.look(said.seed.time.servers)
    return [*found, *([sntp.compared(device, box=time.time())] if device else [])]


def _certificate(form: dict[str, str], device: float) -> list[Finding]:
    seed, now = progress.draft(services().paths), datetime.datetime.now(datetime.UTC)
    if form["mode"] == "files":
        given = [part for part in (_decoded(form["chain_data"]), _decoded(form["key_data"])) if part]
        if not given and not site.installed(services().paths):
            return [Finding(about="handshake", state=State.NOTE, code="handshake_none")]
        if given:
            wanted = [form["name"].lower(), *address.names(seed), *address.addresses(seed)]
            return certificate.tried(services().paths, given, [one for one in wanted if one], now=now)
    if not request.is_secure:
        return [Finding(about="handshake", state=State.NOTE, code="handshake_plain")]
    ca = services().paths.keys / ("site.pem" if form["mode"] == "files" else "authority.pem")
    names = [_asked(), *[str(a) for a in authority.own_addresses() if not a.is_loopback][:2]]
    port = int(address.port().lstrip(":") or HTTPS)
    return handshake.look(list(dict.fromkeys(names)), port=port, ca=ca, now=now)


def _store(form: dict[str, str], device: float) -> list[Finding]:
    paths = services().paths
    seed = progress.draft(paths)
    upstream, missing = typed.store(form, seed.upstream, words())
    tried = Seed(upstream=upstream)
    wrong = list(missing.values()) or [fault.sentence for fault in rules.faults(tried, now=time.time())]
    if wrong:
        return [Finding(about="store", state=State.BAD, code="said", said=sentence(one)) for one in wrong]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=paths.run, prefix="setup-")))
        files = {name: _private(folder / name, text) for name, text in secrets(tried).items()}
        place = round_trip.Place(
            url=upstream.url, folder=upstream.folder, endpoint=upstream.endpoint, region=upstream.region,
            credentials_file=next((f for f in files.values() if f.endswith(".credentials")), ""),
            ca_file=next((f for f in files.values() if f.endswith(".pem")), ""),
            site=seed.lab.site or "site", box=seed.lab.box or "box", data=str(paths.data),
        )  # fmt: skip
        return [round_trip.look(place)]


_LOOKS: dict[str, Callable[[dict[str, str], float], list[Finding]]] = {
    "network": _network,
    "clock": _clock,
    "certificate": _certificate,
    "store": _store,
}


def _wrong(about: str, said: typed.Typed) -> list[Finding]:
    return [Finding(about=about, state=State.BAD, code="said", said=sentence(text)) for text in said.wrong.values()]


def _servers(form: dict[str, str]) -> list[str]:
    return form["time_servers"].replace(",", " ").split()


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _asked() -> str:
    """The name by which this browser reaches the box."""
    host = request.host
    return (host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]).lower()


def _decoded(text: str) -> bytes:
    """A file as the page's script sends it."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""


def _private(file: Path, text: str) -> str:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        out.write(text)
    return str(file)
