"""How far the setup is, on disk: what is done stays done when the browser is closed, the box starts again or another
device goes on. No secret is in it; what was typed stands in the seed (`provision/wanted.toml`, 0600)."""

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from appliance.box.paths import Paths
from appliance.errors import StorageFull
from appliance.provision import apply, written
from appliance.provision.seed import Seed
from appliance.web.setup.steps import ORDER, Step

FILE = "setup.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """`done`: step -> when (wall seconds). `contact`: whom people call, for the card. `seats` of the lab, 0: not said.
    `applied_at`: when the box was told all of it; `errand`: the steward's part of that. `camera`: a lab computer's
    camera was seen."""

    done: dict[str, float] = field(default_factory=dict)
    contact: str = ""
    seats: int = 0
    applied_at: float = 0.0
    errand: str = ""
    camera: bool = False

    @property
    def complete(self) -> bool:
        """Is every step done?"""
        return all(step.value in self.done for step in ORDER)

    @property
    def next(self) -> Step:
        """The first that is not done, else the last."""
        return next((step for step in ORDER if step.value not in self.done), ORDER[-1])

    def with_done(self, step: Step, now: float) -> "Progress":
        """The step is done; what was applied before is not all any more."""
        return dataclasses.replace(self, done={**self.done, step.value: now}, applied_at=0.0, errand="")


def read(paths: Paths) -> Progress:
    """What is done. A file that is no use counts as none: nothing is lost by looking at the steps again."""
    try:
        said = json.loads((paths.provision / FILE).read_text(encoding="utf-8"))
        done = {step.value: float(said["done"][step.value]) for step in ORDER if step.value in said["done"]}
        known = {name: type(default)(said[name]) for name, default in _DEFAULTS.items() if name in said}
        return Progress(done=done, **known)
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return Progress()


_DEFAULTS: dict[str, Any] = {one.name: one.default for one in dataclasses.fields(Progress) if one.name != "done"}


def write(paths: Paths, progress: Progress) -> None:
    """Whole or not at all."""
    content = json.dumps(dataclasses.asdict(progress), ensure_ascii=False, indent=1)
    _kept(lambda: apply.private(paths.provision / FILE, content.encode()))


def draft(paths: Paths) -> Seed:
    """The seed as it is being written; at first what holds already, from a stick or an earlier setup."""
    try:
        return written.read((paths.provision / apply.WANTED).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return apply.applied(paths) or Seed()


def keep(paths: Paths, seed: Seed) -> None:
    """What was typed so far."""
    _kept(lambda: apply.wanted(paths, seed))


def _kept(write: Callable[[], object]) -> None:
    try:
        write()
    except OSError as error:
        raise StorageFull(
            f"what you typed cannot be kept: {error.strerror}", hint="Check that the disk is not full, then try again."
        ) from None
