"""What a candidate does next, after what `/api/me` says: one thing a look, so that what is not possible yet is tried
again at the next. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from appliance.exam.stage import Stage

Me = Mapping[str, Any]
"""As `GET /api/me` has it."""


class What(StrEnum):
    """What is sent with it."""

    FIELDS = "fields"
    ID = "id"  # the pictures of ID and face
    ROOM = "room"  # the clip of the room
    SHEET = "sheet"  # the photo of a page


@dataclass(frozen=True, slots=True)
class Move:
    """A POST to `path`."""

    path: str
    what: What = What.FIELDS
    fields: Mapping[str, Any] = field(default_factory=dict)


_EQUIPMENT = {"camera": "simulated camera", "microphone": "simulated", "surface": "monitor"}
_TESTED = {
    name: {"state": "pass", "value": "simulated"} for name in ("browser", "camera", "microphone", "light", "screen")
}


def moves(me: Me) -> list[Move]:
    """In this order; empty where the candidate waits or works."""
    checkin = me.get("checkin") or {}
    scan = (checkin.get("scan") or {}).get("asked")
    beside = [Move("/api/me/scan", What.ROOM)] if scan and me["stage"] != Stage.ROOM_SCAN else []
    return [*_of_stage(me, checkin), *beside]


def _of_stage(me: Me, checkin: Mapping[str, Any]) -> list[Move]:
    tested = [] if checkin.get("selftest") else [Move("/api/me/selftest", fields={"results": _TESTED})]
    plan = me.get("plan") or {}
    opens_at = plan.get("opens_at", me["exam"]["starts_at"])
    read = {"sha256": (plan.get("briefing") or {}).get("sha256", "")}
    steps = {
        Stage.ARRIVED: [Move("/api/me/confirm")],
        Stage.CONSENT: [Move("/api/me/sign", fields={"signature": me["name"]})],
        Stage.EQUIPMENT: [*tested, Move("/api/me/equip", fields=_EQUIPMENT)],
        Stage.IDENTIFICATION: [Move("/api/me/identity", What.ID), Move("/api/me/identify")],
        Stage.ROOM_SCAN: [Move("/api/me/scan", What.ROOM)],
        Stage.POSITION: [Move("/api/me/position", fields={"phone": "none"})],
        Stage.BRIEFING: [Move("/api/me/brief", fields=read)],
        Stage.ADMITTED: [Move("/api/me/start")] if me["now"] >= opens_at else [],
        Stage.PRINTING: [Move("/api/me/start")],
        Stage.CHECK_OUT: _of_check_out(me.get("checkout") or {}),
    }
    return steps.get(Stage(me["stage"]), [])


def _of_check_out(checkout: Mapping[str, Any]) -> list[Move]:
    """What is still missing, as far as a candidate can do it; then to go, where nobody else has to say so."""
    if checkout.get("by") != "candidate":
        return [Move("/api/me/pages/1", What.SHEET)] if "paper" in checkout.get("missing", ()) else []
    steps = {
        "submitted": Move("/api/me/tick", fields={"tick": "submitted"}),
        "paper": Move("/api/me/pages/1", What.SHEET),
        "count": Move("/api/me/pages/count", fields={"pages": 1}),
        "scratch": Move("/api/me/tick", fields={"tick": "scratch"}),
    }
    return [*(steps[need] for need in checkout.get("missing", ()) if need in steps), Move("/api/me/release")]
