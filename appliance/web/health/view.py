"""What the box page shows: one sentence, the issues, the facts. Words of the catalogue, numbers as people say them."""

import socket
import time
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from appliance import __version__
from appliance.box import authority, errand, workers
from appliance.box.capacity import gigabytes
from appliance.box.upstream import Upstream
from appliance.checks import record, words
from appliance.checks.facts import Facts
from appliance.checks.issue import Fix, Issue, Severity
from appliance.exam.permissions import Action, may
from appliance.web import room
from appliance.web.auth import person
from appliance.web.context import Services, t
from appliance.web.panel import view as front

ASKS = frozenset({Fix.RESTART_PROCESS, Fix.STEP_CLOCK})
"""What interrupts something, or changes what evidence says: it is asked before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An issue on the page. `since`: time of day, or "" where it has just come."""

    code: str
    about: str
    fault: bool
    sentence: str
    hint: str
    since: str
    fix: str
    asks: str


def page(here: Services, *, now: float) -> dict[str, Any]:
    """Everything for `_box.html`."""
    look = here.looking.look(here.paths, here.settings, now=now)
    issues = shown(here, look.issues)
    faults = sum(issue.fault for issue in issues)
    return {
        "verdict": verdict(look.facts, faults, len(issues) - faults, gone=bool(look.facts.gone)),
        "issues": issues,
        "gone": [t(f"condition.gone_{what}") for what in look.facts.gone],
        "processes": _processes(look.facts),
        "rows": list(rows(look.facts)),
        "room": room.facts(),
        "cameras": here.settings.camera,
        "rests": str(look.facts.process("sync").get("deletion_rests", "")),
        "may_mend": may(person().role, Action.MEND_BOX),
        "steward": errand.has_steward(),
        "examining": look.facts.exam.runs,
        "shows_itself": front.shows_itself(here.paths.run, now=now),
    }


def verdict(facts: Facts, faults: int, warnings: int, *, gone: bool = False) -> dict[str, Any]:
    """The one sentence on top, with what is fine although it may look odd."""
    if faults:
        words = t("condition.faults_1") if faults == 1 else t("condition.faults_n", n=faults)
    elif warnings or gone:
        words = t("condition.warnings_1") if warnings == 1 else t("condition.warnings_n", n=warnings + gone)
    else:
        words = t("condition.well")
    fine = [offline(facts.upstream)] if not faults else []
    if not facts.clock.synchronised and not facts.clock.servers and not faults:
        fine.append(t("condition.island"))
    state = "ill" if faults else "watch" if warnings or gone else "well"
    return {"state": state, "sentence": " ".join(filter(None, (words, *fine)))}


def offline(said: Upstream | None) -> str:
    """Where the store is away: since when, and that this is fine."""
    if said is None or said.local or said.reachable is not False:
        return ""
    began = [failure.since for failure in said.failures if failure.kind == "away"]
    since = min(began) if began else said.last_success
    if since is None:
        return t("condition.offline_always")
    return t("condition.offline_fine", time=_moment(since))


def shown(here: Services, issues: tuple[Issue, ...]) -> list[Shown]:
    """In words, with the button where there is one."""
    known = record.read(here.paths.run)
    since = {one.key: one.since for one in known[1]} if known else {}
    found = []
    for issue in issues:
        said, begun = words.of(issue, t), since.get((issue.code, issue.about))
        asks = t(f"condition.fix_asks_{issue.fix.value}") if issue.fix in ASKS else ""
        found.append(
            Shown(
                code=issue.code,
                about=issue.about,
                fault=issue.severity is Severity.FAULT,
                sentence=said.sentence,
                hint=said.hint,
                since="" if begun is None else _moment(begun),
                fix=issue.fix.value if issue.fix else "",
                asks=asks,
            )
        )
    return found


def _processes(facts: Facts) -> list[dict[str, Any]]:
    found = []
    for name in (*facts.needed, *(name for name in facts.processes if name not in facts.needed)):
        said = facts.process(name)
        service = workers.service_of(name)
        number = name.removeprefix(service).strip("-")
        words = f"{t(f'process.{service}')} {number}".strip()
        healthy = bool(said.get("healthy"))
        found.append({"name": words, "healthy": healthy, "sentence": str(said.get("sentence", ""))})
    return found


def rows(facts: Facts) -> Any:
    """(name, what) of each fact."""
    disk, machine, clock = facts.disk, facts.machine, facts.clock
    free = t("condition.disk_free", free=gigabytes(disk.free), size=gigabytes(disk.size))
    if disk.rate:
        hours = max(0.0, disk.free - facts.capture.low_water_bytes) / disk.rate / 3600
        free += ", " + t("condition.disk_hours", hours=f"{hours:.0f}")
    yield t("condition.disk"), free
    kept = clock.synchronised and clock.error is not None
    yield (
        t("condition.clock"),
        t("condition.clock_kept", error=f"{clock.error:.3f}") if kept else t("condition.clock_own"),
    )
    yield t("condition.zone"), time.strftime("%Z (%z)", time.localtime(facts.now))
    if machine.temperature is not None:
        yield t("condition.temperature"), t("condition.degrees", degrees=round(machine.temperature))
    memory = t("condition.memory_free", free=gigabytes(machine.memory_free), size=gigabytes(machine.memory))
    yield t("condition.memory"), memory
    yield t("condition.name"), socket.gethostname()
    addresses = [str(one) for one in authority.own_addresses() if not one.is_loopback]
    yield t("condition.addresses"), ", ".join(addresses) or t("condition.no_address")
    minutes = int(facts.uptime // 60)
    yield t("condition.uptime"), t("condition.uptime_for", hours=minutes // 60, minutes=minutes % 60)
    until = facts.certificates.get("box")
    yield (
        t("condition.certificate"),
        t("condition.certificate_until", date=_day(until)) if until else t("condition.certificate_none"),
    )
    newest = facts.backup.newest
    yield t("condition.backup"), t("condition.backup_none") if newest is None else _moment(facts.now - newest)
    yield t("condition.version"), __version__
    waiting = facts.update.waiting
    yield t("condition.update"), t("condition.update_some", version=waiting) if waiting else t("condition.update_none")


def _day(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d")


def _moment(at: float) -> str:
    """Time of day where it is today's, else with the date."""
    said, today = datetime.fromtimestamp(at).astimezone(), datetime.now().astimezone()
    return said.strftime("%H:%M" if said.date() == today.date() else "%Y-%m-%d %H:%M")
