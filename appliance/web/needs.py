"""Deny by default: every view and every socket handler names the Action it needs; one that does not is refused."""

from collections.abc import Callable
from typing import Any, TypeVar

from appliance.exam.permissions import Action

View = TypeVar("View", bound=Callable[..., Any])

_NEEDS = "__needs__"
_BODY = "__body_limit__"
_OPENS = "__opens__"

BODY_LIMIT = 64_000
"""Bytes of a request, unless the view says otherwise."""


def needs(action: Action) -> Callable[[View], View]:
    """Who may call this view: `exam.permissions.ALLOWED[action]`. Stands directly above the function."""

    def mark(view: View) -> View:
        setattr(view, _NEEDS, action)
        return view

    return mark


def opens(check: Callable[[], bool]) -> Callable[[View], View]:
    """A machine may call this view, too, when `check` says so of the request: it holds a key of its own."""

    def mark(view: View) -> View:
        setattr(view, _OPENS, check)
        return view

    return mark


def takes(limit: int) -> Callable[[View], View]:
    """This view takes bodies of up to `limit` bytes."""

    def mark(view: View) -> View:
        setattr(view, _BODY, limit)
        return view

    return mark


def action_of(view: Callable[..., Any]) -> Action | None:
    """The Action a view named, or None: then nobody may call it."""
    action: Action | None = getattr(view, _NEEDS, None)
    return action


def is_open(view: Callable[..., Any]) -> bool:
    """Does the request that is being answered hold the key of this view?"""
    check: Callable[[], bool] | None = getattr(view, _OPENS, None)
    return check is not None and check()


def limit_of(view: Callable[..., Any]) -> int:
    """Bytes that a view takes."""
    limit: int = getattr(view, _BODY, BODY_LIMIT)
    return limit
