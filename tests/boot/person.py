"""A person at a keyboard, and how long they take: a keystroke-level model (Card, Moran, Newell), simple on purpose.

What the hands do: each key 0.28 s (an average typist), each click 1.1 s (finding and pressing), each new page 1.35 s to
take it in. Beside it, and counted for itself, what a newcomer reads: a quarter of a second for every word of
instruction on a page, up to sixty.
"""

import time
from collections import Counter

from playwright.sync_api import Locator, Page

KEY, CLICK, PAGE, WORD, MOST_WORDS = 0.28, 1.1, 1.35, 0.25, 60

_INSTRUCTION = """
() => [...document.querySelectorAll('main p, main li, main legend, main .hint')]
  .filter(e => !e.querySelector('p, li, legend, .hint') && e.checkVisibility() && !e.closest('nav'))
  .map(e => e.innerText).join(' ').split(/\\s+/).filter(Boolean).length
"""


class Person:
    """`seconds` of theirs so far, of which `reading`."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seconds = 0.0
        self.parts: Counter[str] = Counter()
        self._doing = ""
        self._by_part: dict[str, float] = {}

    @property
    def reading(self) -> float:
        return self.parts["words"] * WORD

    def does(self, what: str) -> None:
        """From now on, for the report."""
        self._doing = what

    def _take(self, kind: str, seconds: float, number: int = 1) -> None:
        self.parts[kind] += number
        self.seconds += seconds
        self._by_part[self._doing] = self._by_part.get(self._doing, 0.0) + seconds

    def click(self, where: Locator) -> None:
        where.click()
        self._take("clicks", CLICK)

    def clicks(self, number: int) -> None:
        """In a dialogue of the system, which is not the browser's."""
        self._take("clicks", CLICK * number, number)

    def type(self, where: Locator, text: str, *, focused: bool = False) -> None:
        """A click into the field, unless the page has put the cursor there."""
        where.fill(text)
        if not focused:
            self._take("clicks", CLICK)
        self.keys(len(text))

    def keys(self, number: int) -> None:
        self._take("keys", KEY * number, number)

    def reads(self, page: Page) -> None:
        """A page that they see for the first time."""
        self.reads_words(int(page.evaluate(_INSTRUCTION)))

    def reads_words(self, words: int) -> None:
        self._take("pages", PAGE)
        read = min(words, MOST_WORDS)
        self._take("words", WORD * read, read)

    def report(self) -> str:
        parts = ", ".join(f"{self.parts[kind]} {kind}" for kind in ("pages", "words", "clicks", "keys"))
        lines = [f"{self.name}: {self.seconds:.0f} s ({parts})"]
        lines += [f"    {seconds:5.1f} s  {what}" for what, seconds in self._by_part.items()]
        return "\n".join(lines)


class Watch:
    """What the machine takes: from the outside, all of it but what the model says of people."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.laps: list[tuple[str, float]] = []
        self._last = self.began

    def lap(self, what: str) -> float:
        now = time.monotonic()
        took, self._last = now - self._last, now
        self.laps.append((what, took))
        print(f"  {took:6.1f} s  {what}", flush=True)
        return took

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began
