"""What a live test found: a state, and the sentence for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from appliance.errors import ApplianceError
from appliance.web.strings import Catalogue


class State(StrEnum):
    """`note`: neither good nor bad, as no internet in a lab that needs none."""

    GOOD = "good"
    NOTE = "note"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """`code` names the words, `setup.found.CODE` and where there is one `setup.found.CODE_hint`, filled from `values`.
    `said` and `hint`: the words of whoever was tested (a store), where these are better."""

    about: str
    state: State
    code: str
    values: Mapping[str, Any] = field(default_factory=dict)
    said: str = ""
    hint: str = ""

    @classmethod
    def of_error(cls, about: str, error: ApplianceError, *, code: str = "said") -> "Finding":
        """The sentence and the hint that it carries."""
        return cls(about=about, state=State.BAD, code=code, said=error.message, hint=error.hint)

    def to_json(self, words: Catalogue) -> dict[str, str]:
        """What a page shows. `foreign`: the sentence is the box's own, and English whatever the page's language is."""
        hint = f"setup.found.{self.code}_hint"
        return {
            "about": words(f"setup.about.{self.about}"),
            "state": self.state.value,
            "state_word": words(f"setup.state.{self.state.value}"),
            "sentence": sentence(self.said) if self.said else words(f"setup.found.{self.code}", **self.values),
            "hint": self.hint or (words(hint, **self.values) if hint in words else ""),
            "foreign": "en" if self.said else "",
        }


def sentence(text: str) -> str:
    """Errors of the box begin small and have no full stop; on a page they are sentences."""
    whole = text[:1].upper() + text[1:]
    return whole if whole.endswith((".", "!", "?")) else f"{whole}."
