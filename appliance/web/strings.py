"""Every word that a person sees, from one catalogue: `strings/en.toml` (pages and scripts), `strings/en.flags.toml`
(flags, which the report names alike) and `strings/en.server.toml` (sentences that the server itself says)."""

import functools
import logging
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

FOLDER = Path(__file__).parent / "strings"


class Catalogue:
    """Calling it gives a sentence: `t("tile.left", time="1:18")`. Values stand in braces in the catalogue.

    A key that is missing is a KeyError where `strict` (tests); else the key itself is shown and logged, because a page
    with one odd word is better than none."""

    def __init__(self, words: Mapping[str, str], *, strict: bool = False) -> None:
        self._words = dict(words)
        self._strict = strict

    @classmethod
    def load(cls, folder: Path = FOLDER, *, language: str = "en", strict: bool = False) -> "Catalogue":
        """Every `LANGUAGE*.toml` of the folder, sections flattened to dotted keys."""
        return cls(_read(folder, language), strict=strict)

    def __call__(self, key: str, **values: Any) -> str:
        try:
            return self._words[key].format(**values)
        except (KeyError, IndexError):
            if self._strict:
                raise KeyError(f"no sentence, or no such value in it: {key} {sorted(values)}") from None
            log.warning("the catalogue has no sentence %s with %s", key, sorted(values))
            return key

    def __contains__(self, key: str) -> bool:
        return key in self._words

    def under(self, other: "Catalogue") -> "Catalogue":
        """These words, and the other's wherever it has its own."""
        return Catalogue({**self._words, **other._words}, strict=self._strict)

    def to_json(self) -> dict[str, str]:
        """What the scripts of a page say; the server's own sentences stay here."""
        return {key: text for key, text in self._words.items() if not key.startswith("server.")}


@functools.cache
def _read(folder: Path, language: str) -> dict[str, str]:
    words: dict[str, str] = {}
    for file in sorted(folder.glob(f"{language}*.toml")):
        words.update(_flat(tomllib.loads(file.read_text(encoding="utf-8")), ""))
    return words


def _flat(table: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", str(value)
