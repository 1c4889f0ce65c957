"""The report for people: a tagged PDF (PDF/UA-1 and PDF/A-2a) by typst, from the templates beside this file and the
words of `view`.

Only fonts that are there are used: typst brings Latin, Greek, Cyrillic, Hebrew and Arabic; what the system has beyond
that is used too. A character that no font here can show stands as its number, [U+4E2D], and the page says so.
"""

import json
import re
import shutil
import tempfile
import unicodedata
from pathlib import Path
from typing import Any

import typst

from appliance.report import view
from appliance.report.facts import AttemptFacts, ExamFacts
from appliance.report.moments import Zone

PICTURES = 150
"""At most so many in one PDF; the rest are in the snapshots folder, and the page says so."""

UNUSUAL = 400
"""Different characters beyond Latin that are tried one by one; a text with more of them has numbers for the rest."""

SYSTEM_FONTS = True
"""Fonts of the machine are used beyond those that typst brings."""

UNBROKEN = 28
"""A word longer than this may be broken anywhere."""

STANDARDS = ["ua-1", "a-2a"]
"""Both at once: readable by a screen reader, and in thirty years."""

TEMPLATES = tuple(Path(__file__).parent.glob("*.typ"))
_USUAL = frozenset(map(chr, range(0x20, 0x7F))) | frozenset(map(chr, range(0xA1, 0x180))) | frozenset("\u2013\u2026\n")
_REFUSED = re.compile(r'the text `"(.*?)"` could not be displayed')
_EMPTY = b'#set document(title: "x")'
_PROBE = '#set document(title: "x")\n#set text(lang: "en", font: ("Libertinus Serif", "DejaVu Sans Mono"))\n= x\n'
_FORGOTTEN_AFTER = 12
"""typst keeps whatever one of the last ten documents used, decoded pictures too: 100 MB for each report."""

_LONG_WORD = re.compile(rf"\S{{{UNBROKEN},}}")


def attempt_pdf(facts: AttemptFacts, zone: Zone, *, media: Path) -> bytes:
    """The report on one attempt, with its snapshots from the media folder."""
    said = view.of_attempt(facts, zone)
    paths = view.pictures_of(facts)
    pictures = {path: media / path for path in paths[:PICTURES]}
    left_out = max(0, len(paths) - PICTURES)
    try:
        return _compile(said, pictures, left_out=left_out, written_at=facts.written_at)
    except typst.TypstError:
        # A file that is what the ledger says, and still no picture: the rest must not fall with it.
        good = {path: file for path, file in pictures.items() if _is_picture(file)}
        return _compile(said, good, left_out=left_out, written_at=facts.written_at)


def exam_pdf(facts: ExamFacts, zone: Zone) -> bytes:
    """The report on an exam; it has no pictures."""
    return _compile(view.of_exam(facts, zone), {}, left_out=0, written_at=facts.written_at)


def compiled(said: dict[str, Any], *, written_at: float) -> bytes:
    """Words of a view without pictures."""
    return _compile(said, {}, left_out=0, written_at=written_at)


def forget() -> None:
    """Give back what typst keeps of the reports before."""
    for _ in range(_FORGOTTEN_AFTER):
        typst.compile(_EMPTY, format="pdf", ignore_system_fonts=True)


def _is_picture(file: Path) -> bool:
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        shutil.copyfile(file, Path(name) / "0.jpg")
        (Path(name) / "report.typ").write_text('#image("0.jpg")', encoding="utf-8")
        try:
            typst.compile(Path(name) / "report.typ", root=Path(name), format="pdf")
        except typst.TypstError:
            return False
        return True


def _compile(said: dict[str, Any], pictures: dict[str, Path], *, left_out: int, written_at: float) -> bytes:
    """Everything typst may read lies in one temporary folder: no path of ours reaches it, and it reaches none."""
    with tempfile.TemporaryDirectory(prefix="report-") as name:
        folder = Path(name)
        for template in TEMPLATES:
            shutil.copyfile(template, folder / template.name)
        places: dict[str, str] = {}
        for number, (path, file) in enumerate(pictures.items()):
            places[path] = f"{number}.jpg"
            shutil.copyfile(file, folder / places[path])
        shown = displayable(said)
        shown |= {"places": places, "left_out": left_out}
        (folder / "report.json").write_text(json.dumps(shown, ensure_ascii=False), encoding="utf-8")
        return _typst(folder / "report.typ", root=folder, timestamp=int(written_at))


def _typst(source: Path | bytes, **more: Any) -> bytes:
    options: Any = {"pdf_standards": STANDARDS, "ignore_system_fonts": not SYSTEM_FONTS, **more}
    data: bytes = typst.compile(source, format="pdf", **options)
    return data


def displayable(said: dict[str, Any]) -> dict[str, Any]:
    """Every string with only characters that a font here can show; `unshown` tells how many could not."""
    unusual = sorted(set("".join(_strings(said))) - _USUAL)
    shown = _with_font(unusual[:UNUSUAL])
    replaced = {c: _instead(c) for c in unusual if c not in shown}
    table = str.maketrans(replaced)
    result: dict[str, Any] = _mapped(said, table)
    return result | {"unshown": sum(1 for text in replaced.values() if text.startswith("["))}


def _instead(character: str) -> str:
    if character.isspace():
        return " "
    if unicodedata.category(character) in ("Cc", "Cf"):
        return ""  # controls, also those that turn the direction of the text around
    return f"[U+{ord(character):04X}]"


def _with_font(characters: list[str]) -> set[str]:
    """Those that can be shown. typst names the first it cannot; controls are never asked for."""
    left = [c for c in characters if unicodedata.category(c) not in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")]
    while left:
        lines = " ".join(f'#"\\u{{{ord(c):x}}}"' for c in left)
        try:
            _typst((_PROBE + lines).encode())
            return set(left)
        except typst.TypstError as error:
            found = _REFUSED.search(str(error))
            refused = _unescaped(found.group(1)) if found else ""
            if not refused or not set(refused) & set(left):
                return set()
            left = [c for c in left if c not in refused]
    return set()


def _unescaped(text: str) -> str:
    return re.sub(r"\\u\{([0-9a-f]+)\}", lambda match: chr(int(match.group(1), 16)), text)


def _strings(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for inner in value.values() for text in _strings(inner)]
    if isinstance(value, (list, tuple)):
        return [text for inner in value for text in _strings(inner)]
    return []


def _mapped(value: Any, table: dict[int, str], name: str = "") -> Any:
    if isinstance(value, str):
        if name in ("path", "ledger_hash"):
            return value
        return _LONG_WORD.sub(lambda word: "\u200b".join(word.group()), value.translate(table))
    if isinstance(value, dict):
        return {inner: _mapped(item, table, inner) for inner, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_mapped(item, table) for item in value]
    return value
