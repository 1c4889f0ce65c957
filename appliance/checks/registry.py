"""The list of checks, and one look with all of them. A new check is a file in `each/` and a line here; its words are
`issue.CODE`, `issue.CODE_hint` of the catalogue, its row stands in docs/health.md, and tests hold all of that."""

import logging
from types import ModuleType

from appliance.box.paths import Paths
from appliance.checks import gathering
from appliance.checks.each import (
    backup_old,
    box_stopped,
    certificate_expiring,
    clock_impossible,
    clock_jumped,
    clock_unsynchronised,
    data_mount_missing,
    data_not_encrypted,
    data_read_only,
    database_version,
    detector_absent,
    detector_stalled,
    disk_filling,
    disk_floor,
    memory_low,
    panel_part,
    process_down,
    process_restarting,
    recovery_key_here,
    seat_silent,
    setup_unfinished,
    sync_lagging,
    too_hot,
    udp_ports_blocked,
    under_voltage,
    update_rolled_back,
    update_waiting,
)
from appliance.checks.facts import Facts
from appliance.checks.issue import Issue, Severity
from appliance.config import Settings

log = logging.getLogger(__name__)

CHECKS: tuple[ModuleType, ...] = (
    data_mount_missing,
    data_read_only,
    disk_floor,
    disk_filling,
    box_stopped,
    process_down,
    process_restarting,
    seat_silent,
    detector_stalled,
    detector_absent,
    udp_ports_blocked,
    under_voltage,
    too_hot,
    memory_low,
    clock_impossible,
    clock_jumped,
    clock_unsynchronised,
    database_version,
    sync_lagging,
    certificate_expiring,
    backup_old,
    panel_part,
    data_not_encrypted,
    update_rolled_back,
    update_waiting,
    setup_unfinished,
    recovery_key_here,
)


def judge(facts: Facts) -> list[Issue]:
    """What is wrong, faults first. A check that breaks takes no other with it."""
    found: list[Issue] = []
    for module in CHECKS:
        try:
            found.extend(module.check(facts))
        except Exception:
            log.exception("the check %s broke", module.CODE)
    return sorted(found, key=lambda issue: issue.severity is not Severity.FAULT)


def look(paths: Paths, settings: Settings, now: float) -> list[Issue]:
    """What is wrong with this box at this moment."""
    return judge(gathering.gather(paths, settings, now))
