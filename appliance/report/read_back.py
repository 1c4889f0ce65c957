"""A JSON report read back into facts: what central IT has of a box is its report, not its ledger.

Fields that a newer box adds are passed over; what an older one did not say yet is empty where empty is true (a list, a
note that may be missing), and an error where it would have to be made up.
"""

import dataclasses
import datetime
import json
import typing
from enum import StrEnum
from typing import Any

from appliance.errors import IntegrityError
from appliance.report import json_report
from appliance.report.facts import AttemptFacts, ExamFacts

_HINT = "Join with the version of `appliance` that the newest of the boxes runs."


def exam_facts(data: bytes) -> tuple[ExamFacts, dict[str, Any]]:
    """The report on an exam as facts, and as it was written; IntegrityError says what cannot be read. Of the attempts,
    chat and stage log stand in their own reports: here they are empty."""
    try:
        said = json.loads(data)
        schema, kind = said["schema"], said["kind"]
    except (ValueError, KeyError, TypeError):
        raise IntegrityError("it is no report of a box") from None
    if schema != json_report.SCHEMA or kind != "exam":
        raise IntegrityError(f"it is of the kind {kind}, {schema}, and not exam, {json_report.SCHEMA}", hint=_HINT)
    once = {name: said.get(name) for name in json_report.ONCE} | {"messages": [], "steps": []}
    try:
        attempts = [_object(AttemptFacts, once | one, "attempts") for one in said["attempts"]]
        whole: ExamFacts = _object(ExamFacts, {**said, "attempts": []}, "report")
    except (TypeError, AttributeError, KeyError) as error:
        raise IntegrityError(f"it cannot be understood: {error}", hint=_HINT) from None
    if not whole.in_force:
        raise IntegrityError("it does not say which rules were in force", hint=_HINT)
    return dataclasses.replace(whole, attempts=tuple(attempts)), said


def _object(cls: type, said: dict[str, Any], where: str) -> Any:
    hints = typing.get_type_hints(cls)
    values = {}
    for field in dataclasses.fields(cls):
        place = f"{where}.{field.name}"
        values[field.name] = (
            _value(hints[field.name], said[field.name], place)
            if field.name in said
            else _nothing(hints[field.name], place)
        )
    return cls(**values)


def _nothing(hint: Any, where: str) -> Any:
    """What an older report does not say, where nothing is the truth."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is tuple:
        return ()
    if origin is dict:
        return {}
    if type(None) in arguments:
        return None
    if hint is str:
        return ""
    raise IntegrityError(f"it does not say {where}: another version wrote it", hint=_HINT)


def _value(hint: Any, said: Any, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin is not None:
        return _composed(origin, arguments, said, where)
    if dataclasses.is_dataclass(hint):
        return _object(typing.cast(type, hint), _be(dict, said, where), where)
    if hint is Any:
        return said
    if issubclass(hint, StrEnum):
        return _known(hint, said, where)
    if hint is float:
        return _wall(said, where) if isinstance(said, str) else _be((int, float), said, where)
    return _be(hint, said, where)


def _composed(origin: Any, arguments: tuple[Any, ...], said: Any, where: str) -> Any:
    """A list, a mapping, or a value that may be missing."""
    if origin is tuple:
        return tuple(_value(arguments[0], one, where) for one in _be(list, said, where))
    if origin is dict:
        return {name: _value(arguments[1], one, where) for name, one in _be(dict, said, where).items()}
    [rest] = [one for one in arguments if one is not type(None)]
    return None if said is None else _value(rest, said, where)


def _be(kind: Any, said: Any, where: str) -> Any:
    if not isinstance(said, kind) or (isinstance(said, bool) and kind is not bool):
        raise IntegrityError(f"{where} is {str(said)[:40]!r}, which does not belong there")
    return said


def _known(hint: type[StrEnum], said: Any, where: str) -> StrEnum:
    try:
        return hint(said)
    except ValueError:
        raise IntegrityError(f"{where} is {str(said)[:40]!r}, which this version does not know", hint=_HINT) from None


def _wall(said: str, where: str) -> float:
    try:
        return datetime.datetime.fromisoformat(said).timestamp()
    except ValueError:
        raise IntegrityError(f"{where} is {said[:40]!r}, which is no moment") from None
