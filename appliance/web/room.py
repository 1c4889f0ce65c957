"""Whether an exam fits into this box: its seats against what the box carries, its recordings against the disk."""

from typing import Any

from appliance.box import capacity
from appliance.ledger.state import ExamRow
from appliance.web.context import services


def of(exam: ExamRow, *, seats: int) -> dict[str, Any]:
    """For the exam's page: `seats` on its roster, what the box `carries`, and the disk in words of no language."""
    here = services()
    box = capacity.current(here.paths.capacity, here.settings)
    upstream = here.settings.upstream.folder_in(here.paths.data)
    disk = capacity.expected(
        seats=seats, minutes=exam.minutes, settings=here.settings, data=here.paths.data, upstream=upstream
    )
    return {
        "seats": seats,
        "carries": box.seats,
        "measured": box.source != "default",
        "over": seats > box.seats,
        "needs": capacity.gigabytes(disk.needs),
        "free": capacity.gigabytes(disk.free),
        "short": capacity.gigabytes(disk.short) if disk.short else "",
    }


def facts() -> dict[str, Any]:
    """For the box's page: how many seats, who says so, and the seats of each part."""
    here = services()
    box = capacity.current(here.paths.capacity, here.settings)
    free = capacity.free_bytes(here.paths.data)
    return {
        "seats": box.seats,
        "source": box.source,
        "limited_by": box.limited_by,
        "free": capacity.gigabytes(free),
        "low": free < here.settings.capture.low_water_bytes,
    }
