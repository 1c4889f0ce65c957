"""The form of an exam: what is decided about it as the fields of a page, and back.

A plan made by the form begins with more than the least: an ID is asked for, the position checked, the rules read.
"""

import calendar
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, TypeVar

from appliance.errors import BadInput
from appliance.exam import plan as plans
from appliance.exam.detection import Stake
from appliance.exam.plan import CheckOut, ExamKind, ExamPlan, Release, Section, Sight
from appliance.exam.policy import Admission, ExamPolicy
from appliance.web.context import t
from appliance.web.parse import Fields

E = TypeVar("E", bound=StrEnum)
V = TypeVar("V")

TICKS = ("known_allowed", "room_scan", "position", "one_by_one", "pages", "scratch", "practice")
NUMBERS = tuple(plans.BETWEEN)
TEXTS = ("room", "seed", "briefing", "contact", "plagiarism_link")
SETTINGS = ("exam", "title", "link", "minutes", "warnings_before_end", "ratio", "retention_days")

SPARE_ROWS = 2
"""Empty rows for sections, for browsers without scripts."""

_LEAST = ExamPlan()
_ANYTHING = ExamPlan(kind=ExamKind.PAPER, check_out=CheckOut.CANDIDATE)
_ANY_EXAM = ExamPolicy(exam="x", title="x", starts_at=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the planner wants."""

    policy: ExamPolicy
    plan: ExamPlan
    stake: Stake = Stake.MEDIUM
    identity: bool = False


def usual(now: float, *, days: Mapping[str, int]) -> Asked:
    """What a new form begins with: an exam that starts in an hour. `days`: how long the lab keeps what."""
    starts_at = now - now % 300 + 3600
    policy = ExamPolicy(exam="", title="", starts_at=starts_at, warnings_before_end=2)
    plan = ExamPlan(
        release=Release.TIME,
        position=True,
        required=frozenset({Sight.FACE}),
        briefing=briefing(ExamKind.COMPUTER, policy.minutes),
    )
    return Asked(policy=policy, plan=ExamPlan.of({**plan.to_json(), **days}), identity=True)


def briefing(kind: ExamKind, minutes: int) -> str:
    """The usual text that candidates acknowledge (M54, M55)."""
    return t(f"plan.briefing_{kind.value}", minutes=minutes).strip()


def form_of(asked: Asked) -> dict[str, str]:
    """Field -> text; what is not ticked is not there."""
    policy, plan = asked.policy, asked.plan
    form = {name: str(getattr(policy, name)) for name in SETTINGS}
    form |= {"admission": policy.admission.value, "stake": asked.stake.value, "starts_at": local(policy.starts_at)}
    form |= {name: getattr(plan, name).value for name in plans.CHOICES}
    form |= {name: str(getattr(plan, name)) for name in (*NUMBERS, *TEXTS)}
    form |= {name: "on" for name in TICKS if getattr(plan, name)}
    form |= {f"required.{sight.value}": "on" for sight in plan.required}
    form |= {"items": "\n".join(plan.items)} | ({"identity": "on"} if asked.identity else {})
    for number, section in enumerate(plan.sections, start=1):
        form |= {f"section.{number}.{field.name}": str(getattr(section, field.name)) for field in fields(Section)}
    return form


def local(at: float) -> str:
    """Wall seconds as the lab's date and time, as a field of the form says it."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%dT%H:%M")


def rows_of(form: Mapping[str, str]) -> int:
    """How many rows for sections the form shows."""
    names = ("title", "link", "minutes")
    numbers = range(1, plans.MOST_SECTIONS + 1)
    used = [n for n in numbers if any(form.get(f"section.{n}.{name}", "") not in ("", "0") for name in names)]
    return min(plans.MOST_SECTIONS, max(used, default=0) + SPARE_ROWS)


def read(form: Mapping[str, str], wrong: dict[str, str], *, exam: str | None = None) -> Asked | None:
    """What a form says; None where something is `wrong`, by field, "" for what is of no single one. `exam`: the short
    name that stays."""
    said = _Said({**form, "exam": exam} if exam is not None else dict(form), wrong)
    settings = {name: said.ask(name, said.setting, name) for name in SETTINGS}
    settings["starts_at"] = said.ask("starts_at", starts_at, said.fields)
    settings["admission"] = said.ask("admission", one_of, said.fields, "admission", Admission.PROCTOR)
    values = {name: said.ask(name, one_of, said.fields, name, getattr(_LEAST, name)) for name in plans.CHOICES}
    values |= {name: said.ask(name, said.number, name) for name in NUMBERS}
    values |= {name: said.ask(name, said.text, name) for name in TEXTS}
    values |= {name: said.fields.flag(name) for name in TICKS}
    values["items"] = said.ask("items", said.items)
    values["required"] = frozenset(sight for sight in Sight if said.fields.flag(f"required.{sight.value}"))
    values["sections"] = said.sections()
    stake = said.ask("stake", one_of, said.fields, "stake", Stake.MEDIUM)
    if wrong:
        return None
    try:
        policy, plan = ExamPolicy(**settings).checked(), ExamPlan(**values).checked()
    except BadInput as error:
        wrong[""] = _sentence(error)
        return None
    return Asked(policy=policy, plan=plan, stake=stake, identity=said.fields.flag("identity"))


def starts_at(said: Fields) -> float:
    """Wall seconds of the form's date and time, which is the lab's; with `zone_offset` (JavaScript's
    getTimezoneOffset, minutes) it is that of somebody elsewhere."""
    try:
        parsed = time.strptime(said.text("starts_at", longest=40)[:16], "%Y-%m-%dT%H:%M")
    except ValueError:
        raise BadInput(t("server.not_a_date")) from None
    if said.text("zone_offset", longest=8, default=""):
        return calendar.timegm(parsed) + 60.0 * said.number("zone_offset")
    return time.mktime((*parsed[:8], -1))  # the clock knows whether it is summer then


def one_of(said: Fields, name: str, usual: E) -> E:
    """One of several; BadInput names them."""
    value, kind = said.text(name, longest=40, default=usual.value), type(usual)
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(one.value for one in kind)
        raise BadInput(f"{name.replace('_', ' ')}: {value!r} is not known", hint=f"Use {known}.") from None


class _Said:
    """What the form says, and what of it is wrong."""

    def __init__(self, form: Mapping[str, str], wrong: dict[str, str]) -> None:
        self.form = {name: text.replace("\r\n", "\n") for name, text in form.items()}  # so browsers end lines
        self.fields, self.wrong = Fields(self.form), wrong

    def ask(self, name: str, reading: Callable[..., Any], *args: Any) -> Any:
        """What `reading` gives; None, and what is wrong with the field, where it does not."""
        try:
            return reading(*args)
        except BadInput as error:
            self.wrong[name] = _sentence(error)
            return None

    def setting(self, name: str) -> Any:
        """One of what every exam has."""
        if name in ("exam", "title", "link"):
            value: Any = self.fields.text(name, longest=500, default="" if name == "link" else None)
        else:
            value = self._whole(name, getattr(_ANY_EXAM, name))
        replace(_ANY_EXAM, **{name: value}).checked()
        return value

    def number(self, name: str) -> int:
        """One of the plan's numbers."""
        return _alone(name, self._whole(name, getattr(_LEAST, name)))

    def text(self, name: str) -> str:
        """One of the plan's texts."""
        said = self.fields.text(name, longest=plans.LONGEST[name] + 2_000, default="")
        return _alone(name, said)

    def items(self) -> tuple[str, ...]:
        """One on each line."""
        text = self.fields.text("items", longest=plans.MOST_ITEMS * (plans.LONGEST_ITEM + 2), default="")
        return _alone("items", tuple(line.strip() for line in text.splitlines() if line.strip()))

    def sections(self) -> tuple[Section, ...]:
        """The rows that say something, in their order; what is wrong is named by the row's own number."""
        rows = [f"section.{number}" for number in range(1, plans.MOST_SECTIONS + 1)]
        found = (self._section(number, at) for number, at in enumerate(rows, start=1))
        return tuple(section for section in found if section is not None)

    def _section(self, number: int, at: str) -> Section | None:
        said = {name: self.form.get(f"{at}.{name}", "").strip() for name in ("title", "link", "minutes")}
        if not any(text not in ("", "0") for text in said.values()):
            return None
        known = len(self.wrong)
        texts = {
            name: self.ask(f"{at}.{name}", partial(self.fields.text, f"{at}.{name}", longest=500, default=""))
            for name in ("title", "link")
        }
        minutes = {
            name: self.ask(f"{at}.{name}", self._whole, f"{at}.{name}", 0) for name in ("minutes", "break_minutes")
        }
        if len(self.wrong) > known:
            return None
        section = Section(**texts, **minutes)
        self.ask(f"{at}.link", plans.check_section, number, replace(section, title="x"))
        self.ask(f"{at}.title", plans.check_section, number, replace(section, link=""))
        return section

    def _whole(self, name: str, usual: int) -> int:
        text = self.fields.text(name, longest=20, default="")
        number = self.fields.number(name) if text else float(usual)
        if number != int(number):
            raise BadInput(t("server.not_whole", field=name))
        return int(number)


def _alone(name: str, value: V) -> V:
    """One setting of a plan by itself, if it is within its limits."""
    change: dict[str, Any] = {name: value}
    replace(_ANYTHING, **change).checked()
    return value


def _sentence(error: BadInput) -> str:
    return f"{error.message}. {error.hint}" if error.hint else error.message
