"""The consent and integrity statement: what a candidate signs, and the hash that says which text it was."""

import functools
import hashlib
import tomllib
from dataclasses import dataclass

from appliance.web.strings import FOLDER


@dataclass(frozen=True, slots=True)
class Statement:
    """One version of the text; paragraphs are parted by an empty line."""

    version: str
    text: str

    @property
    def sha256(self) -> str:
        """Of the text's UTF-8 bytes, hex."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def to_json(self) -> dict[str, str]:
        return {"version": self.version, "text": self.text}


@functools.cache
def statement(language: str = "en") -> Statement:
    """The one in force."""
    said = tomllib.loads((FOLDER / f"statement.{language}.toml").read_text(encoding="utf-8"))
    return Statement(version=said["version"], text=said["text"].strip())
