"""Frozen dataclasses to plain JSON values and back, by their type hints. For what detection keeps of a session.

What equals its default is not written, nor are the fields in `LEFT_OUT`, which would tell who somebody is.
"""

import dataclasses
import types
import typing
from collections.abc import Mapping, Set
from enum import Enum
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar

Thing = TypeVar("Thing")

LEFT_OUT: Mapping[str, Any] = MappingProxyType({"voice": None, "points": (), "fingerprint": None})
"""Field -> what stands there afterwards. A d-vector is a voice template, and such end with the session (proctoring.md
6); the points of a face and the fingerprint of a picture say more of how somebody looks than is needed."""

TIMES = frozenset({"at", "position"})
"""Numbers that are never rounded."""

_BUILT_IN = (float, int, str, bool)


def plain(thing: Any, digits: int = 17) -> Any:
    """Values that JSON knows, numbers but times with so many digits; TypeError for what `restore` could not read."""
    if dataclasses.is_dataclass(thing) and not isinstance(thing, type):
        return {
            field.name: plain(getattr(thing, field.name), 17 if field.name in TIMES else digits)
            for field in dataclasses.fields(thing)
            if field.name not in LEFT_OUT and not _is_default(field, getattr(thing, field.name))
        }
    if isinstance(thing, float):
        return float(f"{thing:.{digits}g}")
    if isinstance(thing, Mapping):
        return {str(plain(name)): plain(value, digits) for name, value in thing.items()}
    if isinstance(thing, Set | tuple | list):
        rows = [plain(each, digits) for each in thing]
        return sorted(rows) if isinstance(thing, Set) else rows
    value = thing.value if isinstance(thing, Enum) else thing
    if value is not None and not isinstance(value, _BUILT_IN):
        raise TypeError(f"{type(thing).__name__} cannot be kept")
    return value


def restore(kind: type[Thing], said: Any) -> Thing:
    """What `plain` made of a `kind`; TypeError or ValueError when it is something else."""
    found: Thing = _restore(kind, said)
    return found


def _is_default(field: "dataclasses.Field[Any]", value: Any) -> bool:
    if field.default_factory is not dataclasses.MISSING:
        return bool(value == field.default_factory())
    return field.default is not dataclasses.MISSING and type(value) is type(field.default) and value == field.default


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _restore(kind: Any, said: Any) -> Any:
    origin, of = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (only,) = (each for each in of if each is not types.NoneType)
        return None if said is None else _restore(only, said)
    if origin is not None:
        return _several(origin, of, said)
    if dataclasses.is_dataclass(kind):
        if not isinstance(said, dict):
            raise TypeError(f"{said!r:.60} is no {kind}")
        make, hints = typing.cast(Any, kind), _hints(typing.cast(type, kind))
        gone = {name: value for name, value in LEFT_OUT.items() if name in hints}
        return make(**gone, **{name: _restore(hints.get(name, Any), value) for name, value in said.items()})
    return _one(kind, said)


def _several(origin: Any, of: tuple[Any, ...], said: Any) -> Any:
    if issubclass(origin, Mapping):
        return {_restore(of[0], name): _restore(of[1], value) for name, value in said.items()}
    if not isinstance(said, list):
        raise TypeError(f"{said!r:.60} is no {origin.__name__}")
    kinds = of if origin is tuple and of[1:] != (...,) else (of[0],) * len(said)
    return origin(_restore(kind, value) for kind, value in zip(kinds, said, strict=True))


def _one(kind: Any, said: Any) -> Any:
    if kind is Any:
        return said
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(said)
    right = isinstance(said, int | float) and not isinstance(said, bool) if kind is float else type(said) is kind
    if kind not in _BUILT_IN or not right:
        raise TypeError(f"{said!r:.60} is no {kind}")
    return kind(said)
