"""The form of what is detected: a policy as the fields of a page, and back.

A detector's field says what holds for all of its rules; a rule's own field overrules it; a number's field is empty
where the usual one holds.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from appliance.errors import BadInput
from appliance.exam import limits
from appliance.exam.detection import DetectionPolicy, Prohibited, Stake, plain_names
from appliance.exam.flags import RULES, Channel
from appliance.web.context import t

USUAL, ON, OFF = "", "on", "off"
_LISTS = ("apps", "not_apps", "sites", "not_sites")
_CODES = {channel: frozenset(code for code, rule in RULES.items() if rule.channel is channel) for channel in Channel}


def form_of(policy: DetectionPolicy) -> dict[str, str]:
    """Field -> text; what is not ticked is not there."""
    form = {"stake": policy.stake.value}
    form |= {name: "on" for name in ("identity", "paper", "trace") if getattr(policy, name)}
    form |= {f"allowed.{one.value}": "on" for one in policy.allowed}
    form |= {name: "\n".join(getattr(policy, name)) for name in _LISTS}
    for channel, codes in _CODES.items():
        state = _state(codes, policy)
        form[f"channel.{channel}"] = state
        for code in codes:
            own = ON if code in policy.on else OFF if code in policy.off else USUAL
            form[f"rule.{code}"] = USUAL if own == state else own
    for code, changes in policy.numbers.items():
        form |= {f"number.{code}.{name}": repr(value).removesuffix(".0") for name, value in changes.items()}
    return form


def _state(codes: frozenset[str], policy: DetectionPolicy) -> str:
    """Of a detector: on or off where that is said of every rule, but those that say the opposite by themselves."""
    if codes & policy.off and codes <= policy.off | policy.on:
        return OFF
    return ON if codes & policy.on and codes <= policy.on | policy.off else USUAL


def policy_of(form: Mapping[str, str]) -> tuple[DetectionPolicy | None, dict[str, str]]:
    """-> the policy, or None and what is wrong, by field."""
    wrong: dict[str, str] = {}
    numbers = _numbers(form, wrong)
    on: set[str] = set()
    off: set[str] = set()
    for channel, codes in _CODES.items():
        for code in codes:
            said = form.get(f"rule.{code}") or form.get(f"channel.{channel}") or USUAL
            if said in (ON, OFF):
                (on if said == ON else off).add(code)
    lists: dict[str, Any] = {name: plain_names(form.get(name, "").splitlines()) for name in _LISTS}
    for name in _LISTS:
        _check(wrong, name, {name: lists[name]})
    for name, never in (("apps", "not_apps"), ("sites", "not_sites")):
        if name not in wrong and never not in wrong:
            _check(wrong, never, {name: lists[name], never: lists[never]})
    if wrong:
        return None, wrong
    stake = form.get("stake", "")
    return DetectionPolicy(
        stake=Stake(stake) if stake in list(Stake) else Stake.MEDIUM,
        on=frozenset(on),
        off=frozenset(off),
        numbers=numbers,
        allowed=frozenset(one for one in Prohibited if form.get(f"allowed.{one.value}")),
        apps=lists["apps"],
        not_apps=lists["not_apps"],
        sites=lists["sites"],
        not_sites=lists["not_sites"],
        identity="identity" in form,
        paper="paper" in form,
        trace="trace" in form,
    ), {}


def _check(wrong: dict[str, str], field: str, lists: dict[str, Any]) -> None:
    try:
        replace(DetectionPolicy(), **lists).checked()
    except BadInput as error:
        wrong[field] = f"{error.message}. {error.hint}".strip()


def _numbers(form: Mapping[str, str], wrong: dict[str, str]) -> dict[str, dict[str, float]]:
    """What is not usual; a decimal comma is one too."""
    found: dict[str, dict[str, float]] = {}
    for code, rule in RULES.items():
        for name, bounds in limits.of(rule).items():
            field = f"number.{code}.{name}"
            said = form.get(field, "").strip().replace(",", ".")
            usual = limits.value(rule, name)
            try:
                value = float(said) if said else usual
            except ValueError:
                value = float("nan")
            if not bounds.hold(value):
                key = "server.number_outside_whole" if bounds.whole else "server.number_outside"
                wrong[field] = t(key, low=f"{bounds.low:g}", high=f"{bounds.high:g}", usual=f"{usual:g}")
            elif value != usual:
                found.setdefault(code, {})[name] = value
    return found
