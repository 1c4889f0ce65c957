"""Which built files a page needs: Vite's manifest, read once."""

import json
import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

log = logging.getLogger(__name__)

DIST = Path(__file__).parent / "static" / "dist"


@dataclass(frozen=True, slots=True)
class Asset:
    """URLs of one entry: its module, its style sheets, and the modules it imports (to be preloaded)."""

    script: str = ""
    styles: list[str] = field(default_factory=list)
    imports: list[str] = field(default_factory=list)


class Manifest:
    """`asset("wall")` -> the built files of the entry of that name."""

    def __init__(self, dist: Path = DIST, *, base: str = "/static/dist/") -> None:
        self._base = base
        file = dist / ".vite" / "manifest.json"
        self.built = file.exists()
        """False: health says so, and pages come without scripts."""
        if not self.built:
            log.warning("the front end is not built: %s is missing; run `make setup`", file)
        self._chunks: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if self.built else {}
        self._entries = {chunk["name"]: key for key, chunk in self._chunks.items() if chunk.get("isEntry")}

    def asset(self, name: str) -> Asset:
        """The files of an entry; none where the front end is not built."""
        entry = self._entries.get(name)
        if entry is None:
            if self.built:
                log.warning("the front end has no entry %r", name)
            return Asset()
        keys = list(self._with_imports(entry, {}))
        styles = dict.fromkeys(style for key in keys for style in self._styles(key))
        return Asset(
            script=self._script(entry),
            styles=[self._base + style for style in styles],
            imports=[script for key in keys[1:] if (script := self._script(key))],
        )

    def _script(self, key: str) -> str:
        file: str = self._chunks[key]["file"]
        return self._base + file if file.endswith(".js") else ""

    def _styles(self, key: str) -> list[str]:
        chunk = self._chunks[key]
        own = [chunk["file"]] if chunk["file"].endswith(".css") else []
        return own + list(chunk.get("css", []))

    def _with_imports(self, key: str, seen: dict[str, None]) -> dict[str, None]:
        if key not in seen:
            seen[key] = None
            for other in self._chunks[key].get("imports", []):
                self._with_imports(other, seen)
        return seen
