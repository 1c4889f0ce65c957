"""What a person typed in a step -> the seed and the progress that follow from it, or what is wrong, field by field.

The rules are those of `provision.toml` (`provision.rules`); only what a form has and the file has not is judged here.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from appliance.provision import rules
from appliance.provision.seed import Lab, Network, Seed, Time, Upstream
from appliance.web.setup.progress import Progress
from appliance.web.setup.steps import Step
from appliance.web.strings import Catalogue

Form = Mapping[str, str]
MOST_SEATS = 500
_LONGEST = 300
_LONGEST_PEM = 100_000
_PEM = ("ca",)
_WHERE: dict[tuple[str, str], str] = {
    ("lab", "name"): "lab_name",
    ("time", "servers"): "time_servers",
    ("upstream", "folder"): "folder",
    ("retention", "evidence_days"): "evidence_days",
    ("retention", "identity_days"): "identity_days",
}
"""Where a fault's field has another name in the form; else the key itself."""

_SECTIONS: dict[Step, tuple[str, ...]] = {
    Step.LAB: ("lab",),
    Step.NETWORK: ("network", "time"),
    Step.CERTIFICATE: (),
    Step.UPSTREAM: ("upstream", "retention"),
    Step.SEATS: (),
    Step.PEOPLE: (),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """`wrong`: field -> sentence; empty: all is well."""

    seed: Seed
    progress: Progress
    wrong: dict[str, str] = field(default_factory=dict)
    foreign: frozenset[str] = frozenset()
    """Fields whose sentence is the box's own, in English."""


def read(step: Step, form: Form, seed: Seed, progress: Progress, words: Catalogue) -> Typed:
    """The step with these fields."""
    too_long = {name for name, text in form.items() if len(text) > (_LONGEST_PEM if name in _PEM else _LONGEST)}
    if too_long:
        sentence = words("setup.wrong.too_long")
        return Typed(seed=seed, progress=progress, wrong=dict.fromkeys(sorted(too_long), sentence))
    said = {name: text.strip() for name, text in form.items()}
    new, ahead, wrong = _READ[step](said, seed, progress, words)
    foreign = set()
    for fault in rules.faults(new, now=time.time()):
        section, *rest = (str(part) for part in fault.where)
        if section not in _SECTIONS[step]:
            continue
        name = _WHERE.get((section, rest[0] if rest else ""), rest[0] if rest else section)
        if name not in wrong:
            own = f"setup.wrong.{section}_{rest[0] if rest else ''}"
            wrong[name] = words(own) if own in words else fault.sentence
            foreign |= set() if own in words else {name}
    return Typed(seed=new, progress=ahead, wrong=wrong, foreign=frozenset(foreign))


_Read = tuple[Seed, Progress, dict[str, str]]


def _lab(form: Form, seed: Seed, progress: Progress, words: Catalogue) -> _Read:
    lab = Lab(
        name=form.get("lab_name", ""),
        site=form.get("site", "").lower(),
        box=form.get("box", "").lower(),
        timezone=form.get("timezone", "") or seed.lab.timezone,
    )
    missing = {name: words("setup.wrong.empty") for name in ("lab_name", "site", "box") if not form.get(name)}
    return replace(seed, lab=lab), replace(progress, contact=form.get("contact", "")), missing


def _network(form: Form, seed: Seed, progress: Progress, words: Catalogue) -> _Read:
    fixed = form.get("way") == "fixed"
    network = Network(
        interface=seed.network.interface,
        address=form.get("address", "") if fixed else "",
        gateway=form.get("gateway", "") if fixed else "",
        dns=_list(form.get("dns", "")) if fixed else (),
        domain=form.get("domain", "").lower(),
    )
    wrong = {"address": words("setup.wrong.empty")} if fixed and not network.address else {}
    new = replace(seed, network=network, time=Time(servers=_list(form.get("time_servers", ""))))
    return new, progress, wrong


def _upstream(form: Form, seed: Seed, progress: Progress, words: Catalogue) -> _Read:
    upstream, wrong = store(form, seed.upstream, words)
    days = {}
    for name in ("evidence_days", "identity_days"):
        number = _whole(form.get(name, ""))
        if number is None:
            wrong[name] = words("setup.wrong.days")
        days[name] = number or 0
    return replace(seed, upstream=upstream, retention=replace(seed.retention, **days)), progress, wrong


def store(form: Form, was: Upstream, words: Catalogue) -> tuple[Upstream, dict[str, str]]:
    """Where evidence goes, as typed. A secret that was typed before need not be typed again."""
    kind = form.get("kind", "later")
    if kind == "folder":
        folder = form.get("folder", "")
        return Upstream(folder=folder), {} if folder else {"folder": words("setup.wrong.empty")}
    if kind != "s3":
        return Upstream(), {}
    bucket = form.get("bucket", "")
    url = bucket if "://" in bucket or not bucket else f"s3://{bucket}"
    key = form.get("access_key", "")
    same = key == was.access_key
    upstream = Upstream(
        url=url,
        endpoint=form.get("endpoint", ""),
        region=form.get("region", ""),
        access_key=key,
        secret_key=form.get("secret_key") or (was.secret_key if same else ""),
        ca=form.get("ca") or (was.ca if was.url == url else ""),
        limit_mbit=was.limit_mbit,
        exam_limit_mbit=was.exam_limit_mbit,
    )
    return upstream, {} if bucket else {"bucket": words("setup.wrong.empty")}


def _seats(form: Form, seed: Seed, progress: Progress, words: Catalogue) -> _Read:
    seats = _whole(form.get("seats", ""))
    wrong = {} if seats is not None and seats <= MOST_SEATS else {"seats": words("setup.wrong.seats", most=MOST_SEATS)}
    return seed, replace(progress, seats=min(seats or 0, MOST_SEATS)), wrong


def _as_it_is(form: Form, seed: Seed, progress: Progress, words: Catalogue) -> _Read:
    return seed, progress, {}  # `people` and `certificate` do it themselves


_READ: dict[Step, Callable[[Form, Seed, Progress, Catalogue], _Read]] = {
    Step.LAB: _lab,
    Step.PEOPLE: _as_it_is,
    Step.NETWORK: _network,
    Step.CERTIFICATE: _as_it_is,
    Step.UPSTREAM: _upstream,
    Step.SEATS: _seats,
}


def shown(seed: Seed, progress: Progress) -> dict[str, str]:
    """The fields of all forms as they are filled in now; nothing secret."""
    lab, network, upstream = seed.lab, seed.network, seed.upstream
    days = {name: str(getattr(seed.retention, name) or "") for name in ("evidence_days", "identity_days")}
    return {
        "lab_name": lab.name, "site": lab.site, "box": lab.box, "timezone": lab.timezone,
        "contact": progress.contact, "seats": str(progress.seats or ""),
        "way": "fixed" if network.address else "dhcp", "address": network.address, "gateway": network.gateway,
        "dns": ", ".join(network.dns), "domain": network.domain, "time_servers": ", ".join(seed.time.servers),
        "mode": seed.certificate.mode,
        "name": next(iter(seed.certificate.names), f"{lab.box}.{network.domain}" if lab.box and network.domain else ""),
        "kind": "s3" if upstream.url else "folder" if upstream.folder else "later",
        "folder": upstream.folder, "bucket": upstream.url.removeprefix("s3://"), "endpoint": upstream.endpoint,
        "region": upstream.region, "access_key": upstream.access_key, **days,
    }  # fmt: skip


def _list(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.replace(",", " ").split() if part)


def _whole(text: str) -> int | None:
    """0 where nothing is typed; None where it is no whole number."""
    if not text:
        return 0
    return int(text) if text.isdecimal() and len(text) < 7 else None
