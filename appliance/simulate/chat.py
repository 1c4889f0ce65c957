"""What a candidate does about messages: reads them at once, answers and confirms some seconds later, as one does."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

ANSWER = "Thank you, I have read it."

Message = Mapping[str, Any]
"""As `GET /api/me` has them."""

Post = tuple[str, dict[str, str]]
"""A path, and the fields to send there."""


class Chat:
    """Remembers since when each message has been there. What was answered or confirmed, the box itself says."""

    def __init__(self) -> None:
        self._seen: dict[str, float] = {}

    def due(self, messages: Sequence[Message], now: float, *, after: float) -> list[Post]:
        """What to send now. `messages` are all there are, oldest first; `now` monotonic seconds; `after` seconds."""
        for message in messages:
            self._seen.setdefault(message["message"], now)
        ripe = [message for message in messages if now - self._seen[message["message"]] >= after]
        return [*_read(messages), *_confirm(ripe), *_answer(messages, ripe)]


def _of_staff(message: Message) -> bool:
    return bool(message["sender"] != "candidate")


def _read(messages: Sequence[Message]) -> Iterator[Post]:
    unread = [message["message"] for message in messages if _of_staff(message) and message["read_at"] is None]
    if unread:
        yield "/api/me/read", {"message": unread[-1]}


def _confirm(ripe: Sequence[Message]) -> Iterator[Post]:
    for message in ripe:
        if message["kind"] == "warning" and message["acknowledged_at"] is None:
            yield f"/api/me/messages/{message['message']}/acknowledge", {}


def _answer(messages: Sequence[Message], ripe: Sequence[Message]) -> Iterator[Post]:
    """One answer to everything that was said since the last one."""
    own = [message["sent_at"] for message in messages if not _of_staff(message)]
    said = [message["sent_at"] for message in ripe if _of_staff(message) and message["kind"] == "chat"]
    if said and max(said) > max(own, default=0.0):
        yield "/api/me/messages", {"text": ANSWER}
