"""What a request says, as typed values; BadInput names the field that does not fit."""

from typing import Any

from flask import request

from appliance.errors import BadInput
from appliance.exam.feed import Kind, Position
from appliance.web.context import t

_MISSING = object()


class Fields:
    """The fields of a JSON object or of a form."""

    def __init__(self, said: Any = _MISSING) -> None:
        """Those of the request, or of a part of it."""
        if said is _MISSING:
            said = request.get_json() if request.is_json else request.form.to_dict()
        if not isinstance(said, dict):
            raise BadInput(t("server.not_an_object"), hint=t("server.not_an_object_hint"))
        self._said = said

    def text(self, name: str, *, longest: int, default: str | None = None) -> str:
        """A string of at most `longest` characters, trimmed; empty only if there is a default."""
        value = self._get(name, default)
        if not isinstance(value, str):
            raise BadInput(t("server.not_text", field=name))
        value = value.strip()
        if len(value) > longest:
            raise BadInput(
                t("server.too_long", field=name, count=len(value), limit=longest), hint=t("server.too_long_hint")
            )
        if not value and default is None:
            raise BadInput(t("server.empty", field=name))
        if any(c < " " and c not in "\n\t" for c in value) or any("\ud800" <= c <= "\udfff" for c in value):
            raise BadInput(t("server.control_character", field=name))
        return value

    def number(self, name: str, *, default: float | None = None) -> float:
        """A finite number; a form says it in digits."""
        value = self._get(name, default)
        try:
            number = float(value) if isinstance(value, (int, float, str)) and not isinstance(value, bool) else None
        except ValueError:
            number = None
        if number is None or not abs(number) <= 1e12:
            raise BadInput(t("server.not_a_number", field=name))
        return number

    def optional(self, name: str) -> float | None:
        """A finite number, or None where there is none."""
        return None if self._said.get(name) is None else self.number(name)

    def whole(self, name: str) -> int:
        """A whole number."""
        number = self.number(name)
        if number != int(number):
            raise BadInput(t("server.not_a_number", field=name))
        return int(number)

    def flag(self, name: str) -> bool:
        """True or false; absent is false. A ticked box of a form says "on"."""
        value = self._said.get(name, False)
        if value in (True, "on", "true", "1"):
            return True
        if value in (False, "", "off", "false", "0"):
            return False
        raise BadInput(t("server.not_yes_or_no", field=name))

    def rows(self, name: str, *, most: int) -> list["Fields"]:
        """A list of at most `most` objects."""
        value = self._get(name, None)
        if not isinstance(value, list) or len(value) > most:
            raise BadInput(t("server.not_a_list", field=name, limit=most))
        return [Fields(each) for each in value]

    def words(self, name: str, *, most: int) -> list[str]:
        """A list of at most `most` short strings."""
        value = self._get(name, None)
        if not isinstance(value, list) or len(value) > most:
            raise BadInput(t("server.not_a_list", field=name, limit=most))
        if not all(isinstance(each, str) and len(each) <= 100 for each in value):
            raise BadInput(t("server.not_text", field=name))
        return value

    def kind(self) -> Kind:
        """`kind`: that of a feed."""
        return kind_of(self.text("kind", longest=20))

    def position(self) -> Position:
        """`position`: what a camera is placed to see."""
        try:
            return Position(self.text("position", longest=20))
        except ValueError:
            raise BadInput(t("server.no_such_position")) from None

    def _get(self, name: str, default: object) -> Any:
        value = self._said.get(name, _MISSING)
        if value is _MISSING or value is None:
            if default is None:
                raise BadInput(t("server.missing", field=name))
            return default
        return value


def kind_of(name: str) -> Kind:
    """A kind of feed, or BadInput."""
    try:
        return Kind(name)
    except ValueError:
        raise BadInput(t("server.no_such_feed"), hint=t("server.no_such_feed_hint")) from None
