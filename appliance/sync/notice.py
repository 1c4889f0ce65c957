"""Who planned an exam is told when all of it is upstream: on the planners' pages, and by mail where a server is set up.

What was told is in the ledger (`notice.given`), so a restart tells nothing twice; a mail may arrive twice when the box
died between sending it and saying so. One that cannot be sent is tried again after growing pauses, for three days; why
it could not is in the ledger once for each reason.
"""

import json
import smtplib
import ssl
import time
import tomllib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from appliance.config import MailSettings, UpstreamSettings
from appliance.errors import Unavailable
from appliance.exam.events import BOX, ExamCreated, NoticeGiven
from appliance.ledger import planning, state, tables
from appliance.ledger.reader import Reader
from appliance.ledger.state import ExamRow
from appliance.sync.binder import Ledger
from appliance.sync.trouble import Pause

RECENT_SECONDS = 3 * 86_400.0
"""Of exams that were stored longer ago nobody is told any more: mail may be set up much later."""

TIMEOUT_SECONDS = 10.0
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
_ANSWER_SECONDS = 10.0
_WORDS: dict[str, Any] = tomllib.loads((files("appliance") / "sync" / "notice.toml").read_text(encoding="utf-8"))

PAGE, MAIL = "page", "mail"


class NotSent(Unavailable):
    """A mail could not be handed over; the sentence names neither the user nor the password."""


@dataclass(slots=True, kw_only=True)
class Notices:
    """Belongs to one thread."""

    reader: Reader
    ledger: Ledger
    mail: MailSettings
    upstream: UpstreamSettings
    monotonic: Callable[[], float] = time.monotonic
    sent: int = 0
    trouble: str = ""
    _pause: Pause = field(init=False)

    def __post_init__(self) -> None:
        self._pause = Pause(first=FIRST_PAUSE, longest=LONGEST_PAUSE, monotonic=self.monotonic)

    def turn(self, *, now: float) -> None:
        """Tell what is to be told at `now` (wall seconds). Unavailable when the ledger does not answer."""
        with self.reader.connect() as connection:
            said = {(row.exam, row.how): row.trouble for row in planning.notices(connection)}
            recent = [row for row in state.planned(connection) if _is_recent(row, now)]
            owners = {row.exam: _owner(connection, row.exam) for row in recent if (row.exam, PAGE) not in said}
        for row in recent:
            if row.exam in owners:
                self._tell(row, how=PAGE, to=owners[row.exam])
            trouble = said.get((row.exam, MAIL))
            if self.mail.host and trouble != "" and self._pause.over:
                self._mail(row, trouble or "")

    def _mail(self, row: ExamRow, before: str) -> None:
        """`before`: why it could not be sent the last time."""
        try:
            send(self.mail, letter(row, self.mail, self.upstream))
        except NotSent as error:
            self.trouble = error.message
            self._pause.begin()
            if error.message != before:
                self._tell(row, how=MAIL, to=self.mail.to, trouble=error.message)
            return
        self.trouble = ""
        self.sent += 1
        self._pause.reset()
        self._tell(row, how=MAIL, to=self.mail.to)

    def _tell(self, row: ExamRow, *, how: str, to: str, trouble: str = "") -> None:
        said = NoticeGiven(exam=row.exam, how=how, to=to, trouble=trouble)
        self.ledger.append_and_wait(said, chain=BOX, exam=row.exam, seconds=_ANSWER_SECONDS)


def _is_recent(row: ExamRow, now: float) -> bool:
    return row.stored_at is not None and now - row.stored_at < RECENT_SECONDS


def _owner(connection: sa.Connection, exam: str) -> str:
    """Who made the exam."""
    event = tables.event.c
    query = sa.select(event.body).where(event.type == ExamCreated.TYPE, event.exam == exam, event.chain == BOX)
    body = connection.execute(query.order_by(event.seq)).scalars().first()
    return "" if body is None else str(json.loads(body)["actor"])


def letter(row: ExamRow, mail: MailSettings, upstream: UpstreamSettings) -> EmailMessage:
    """The mail. It names no candidate. What is sent twice has the same Message-ID."""
    stored = datetime.fromtimestamp(row.stored_at or 0.0).astimezone()
    values = {
        "title": " ".join(row.title.split()),
        "exam": row.exam,
        "stored": f"{stored:%Y-%m-%d %H:%M:%S %Z}",
        "site": upstream.site,
        "box": upstream.box,
    }
    made = EmailMessage()
    made["From"], made["To"] = mail.sender, mail.to
    made["Subject"] = _WORDS["mail"]["subject"].format(**values)
    made["Date"] = format_datetime(stored)
    made["Message-ID"] = f"<{row.exam}.stored@{upstream.box}.{upstream.site}>"
    made["Auto-Submitted"] = "auto-generated"
    made.set_content(_WORDS["mail"]["body"].format(**values).lstrip())
    return made


def send(mail: MailSettings, letter: EmailMessage) -> None:
    """Hand it to the server, or NotSent."""
    with _understood(mail):
        context = ssl.create_default_context()
        password = _password(mail)
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=TIMEOUT_SECONDS, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT_SECONDS)
        with server:
            if mail.security == "starttls":
                server.starttls(context=context)
            if mail.user:
                server.login(mail.user, password)
            server.send_message(letter)


def _password(mail: MailSettings) -> str:
    if not mail.user:
        return ""
    try:
        return Path(mail.password_file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError):
        raise _not_sent("password", mail) from None


@contextmanager
def _understood(mail: MailSettings) -> Iterator[None]:
    """Every way in which it can fail, in words; nothing that the server says, as it may repeat what it was told."""
    try:
        yield
    except smtplib.SMTPAuthenticationError:
        raise _not_sent("sign_in", mail) from None
    except smtplib.SMTPResponseException as error:
        raise _not_sent("refused", mail, code=error.smtp_code) from None
    except smtplib.SMTPRecipientsRefused as error:
        code = next((code for code, _ in error.recipients.values()), 0)
        raise _not_sent("refused", mail, code=code) from None
    except ssl.SSLError:
        raise _not_sent("certificate", mail) from None
    except smtplib.SMTPNotSupportedError:
        raise _not_sent("offers", mail) from None
    except (smtplib.SMTPException, OSError):
        raise _not_sent("away", mail) from None


def _not_sent(reason: str, mail: MailSettings, **values: object) -> NotSent:
    sentence = _WORDS["trouble"][reason].format(host=mail.host, **values)
    return NotSent(sentence, hint="See [mail] in appliance.toml and docs/configuration.md.")
