"""Which application or address the text on a screen names, against what an exam allows. Pure."""

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from appliance.exam.detection import DetectionPolicy
from appliance.inference.ocr import Line

KNOWN = (
    *("whatsapp", "telegram", "discord", "signal", "slack", "microsoft teams", "skype", "zoom", "messenger", "wechat"),
    *("viber", "facetime", "anydesk", "teamviewer", "remote desktop connection", "rustdesk", "parsec", "vnc viewer"),
    *("chatgpt", "claude", "copilot", "gemini", "perplexity", "grammarly", "notion", "obsidian", "onenote", "evernote"),
    *("word", "excel", "powerpoint", "outlook", "thunderbird", "libreoffice writer", "libreoffice calc", "calculator"),
    *("notepad", "sticky notes", "visual studio code", "pycharm", "matlab", "spotify", "obs studio", "terminal"),
    *("windows powershell", "command prompt"),
)
"""Applications that are told by their title where an exam says what is allowed. Others go unseen: a title alone does
not say that it is one."""

ALIKE = 0.90  # an address this like an allowed one is that one, misread; a guess, as nothing read so far was misread
_DOCUMENTS = ("doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt", "ods", "pdf", "txt", "csv", "md", "htm", "html")
_FILES = frozenset((*_DOCUMENTS, "zip", "exe", "py", "js", "png", "jpg", "jpeg", "gif", "mp4"))
_ADDRESS = re.compile(r"(?:https?:?/{0,2})?((?:[a-z0-9-]+\.)+([a-z]{2,})|localhost)(:\d+)?([/?#]\S*)?")
_DASH = r"\s*[-\u2013\u2014|\u00b7]\s*"  # between a document and its application
_SAME = str.maketrans("01!|i", "ollll")  # letters that look the same on a screen


@dataclass(frozen=True, slots=True)
class Match:
    """`word`: what was looked for, or the address itself where only others are allowed; `line`: what was read;
    `score`: how surely, 0..1; `doubt`: it may as well stand in a text as in a title."""

    word: str
    line: str
    score: float
    doubt: bool


def application(lines: Sequence[Line], policy: DetectionPolicy) -> Match | None:
    """An application that must not be there, the surest; None where none is seen."""
    found = [*_forbidden(lines, policy.not_apps)]
    if policy.apps:
        others = [word for word in KNOWN if not _is_among(word, policy.apps)]
        found += [
            Match(word, line.text, line.score, not line.in_a_bar)
            for line in lines
            for word in others
            if _is_title(line.text, word)
        ]
    return _surest(found)


def address(lines: Sequence[Line], policy: DetectionPolicy) -> Match | None:
    """An address that must not be there, the surest; None where none is seen."""
    found = []
    for line in lines:
        alone = len(line.text.split()) == 1
        for host, path in _addresses(line.text):
            if not (line.in_a_bar or alone):
                continue  # in a sentence
            if site := next((site for site in policy.not_sites if _is_at(host, path, site)), None):
                found.append(Match(site, line.text, line.score, not line.in_a_bar))
            elif policy.sites and line.in_a_bar and not any(_is_at(host, path, s, alike=ALIKE) for s in policy.sites):
                found.append(Match(host, line.text, line.score, doubt=False))
    return _surest(found)


def _surest(found: Iterable[Match]) -> Match | None:
    return max(found, key=lambda match: (not match.doubt, match.score), default=None)


def _forbidden(lines: Sequence[Line], words: Sequence[str]) -> Iterator[Match]:
    """In a bar it is there wherever it stands; elsewhere it must be the title itself."""
    for line in lines:
        for word in words:
            if line.in_a_bar and _contains(line.text, word):
                yield Match(word, line.text, line.score, doubt=False)
            elif not line.in_a_bar and _is_title(line.text, word):
                yield Match(word, line.text, line.score, doubt=True)


def _fold(text: str) -> str:
    return text.casefold().translate(_SAME).strip()


def _contains(text: str, word: str) -> bool:
    """As words of their own; a long one also where the spaces were not seen."""
    text, word = _fold(text), _fold(word)
    if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text):
        return True
    return len(word) >= 8 and word.replace(" ", "") in text.replace(" ", "")


def _is_title(text: str, word: str) -> bool:
    """The title of a window of that application: its name, or "something - its name"."""
    return _title(word).fullmatch(_fold(text)) is not None


@functools.lru_cache(maxsize=1000)
def _title(word: str) -> re.Pattern[str]:
    return re.compile(rf"(.*{_DASH})?{re.escape(_fold(word))}( \(\w+\))?")


def _is_among(word: str, allowed: Sequence[str]) -> bool:
    return any(_contains(word, each) or _contains(each, word) for each in allowed)


def _addresses(text: str) -> Iterator[tuple[str, str]]:
    """Host and path of what looks like an address. Names of files do too."""
    for part in text.casefold().split():
        found = _ADDRESS.fullmatch(part)
        if found is None:
            continue
        host, ending, port, path = found.groups()
        if ending in _FILES and path is None:
            continue
        yield host.removeprefix("www.") + (port or ""), path or ""


def _is_at(host: str, path: str, site: str, *, alike: float = 1.0) -> bool:
    """Is the address at `site` (a host with all below it, or a host and the beginning of a path)?"""
    wanted = _fold(re.sub(r"^https?://(www\.)?", "", site.casefold()).rstrip("/"))
    host, whole = _fold(host), _fold(host + path)
    if "/" in wanted:
        head = whole[: len(wanted)]
        return head == wanted or _like(head, wanted) > alike
    return host == wanted or host.endswith("." + wanted) or _like(host, wanted) > alike


def _like(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
