"""What makes a bundle of use by itself, whoever opens it: a script that checks it, a page that plays and checks it."""

import functools
from collections.abc import Mapping, Sequence
from importlib.resources import files

from appliance.bundle.manifest import Manifest
from appliance.exam.stage import Stage
from appliance.sync import viewer


def of(
    plan: Manifest, *, report: bytes | None, begun: Sequence[tuple[float, Stage]], numbers: Mapping[str, int]
) -> dict[str, bytes]:
    """Name -> content. `plan` names everything else; see `viewer.page` for the rest."""
    return {"verify.sh": _verify_sh(), viewer.NAME: viewer.page(plan, report=report, begun=begun, numbers=numbers)}


@functools.cache
def _verify_sh() -> bytes:
    return (files("appliance") / "sync" / "verify.sh").read_bytes()
