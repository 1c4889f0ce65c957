"""What candidates are given: PDFs that the planner stores. They are given out by the candidate's routes, at release."""

import hashlib
import os
import secrets
from pathlib import Path

from flask import Blueprint, jsonify, make_response, redirect, request
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response

from appliance.errors import ApplianceError, BadInput, StorageFull
from appliance.exam.permissions import Action
from appliance.exam.sections import ONLY
from appliance.ledger.actions import plans
from appliance.web.auth import person
from appliance.web.context import services, t
from appliance.web.exam_page import page
from appliance.web.needs import needs, takes
from appliance.web.parse import Fields
from appliance.web.refusals import wants_json

bp = Blueprint("content", __name__)

LARGEST = 20_000_000
"""Bytes of one file."""

_TAIL = 2_048
"""A PDF ends with its mark; programs leave some bytes after it."""


@bp.post("/exams/<exam>/content")
@needs(Action.PLAN)
@takes(LARGEST + 16_000)
def store(exam: str) -> Response:
    """A PDF (field `file`) for a `section` by its number, or for an exam that has none. It replaces an older one."""
    by = person().person
    try:
        section, data, name = int(Fields().number("section", default=ONLY)), *_uploaded()
        services().writer.transact(lambda transaction: plans.check_section(transaction, exam, section))
        path = keep(services().paths.data, exam=exam, section=section, data=data)
        try:
            services().writer.transact(
                lambda transaction: plans.store_content(
                    transaction,
                    exam,
                    section,
                    name=name,
                    path=str(path),
                    sha256=hashlib.sha256(data).hexdigest(),
                    bytes=len(data),
                    by=by,
                )
            )
        except BaseException:
            (services().paths.data / path).unlink(missing_ok=True)  # no event names it
            raise
    except ApplianceError as error:
        if wants_json():
            raise
        return page(exam, error=error)
    if wants_json():
        return make_response(jsonify(section=section, name=name, bytes=len(data)), 201)
    return redirect(f"/exams/{exam}#content", 303)


def _uploaded() -> tuple[bytes, str]:
    """-> the file, checked, and its name."""
    file = request.files.get("file")
    if file is None or not file.filename:
        raise BadInput(t("server.content_no_file"), hint=t("server.content_no_file_hint"))
    with file.stream:
        data: bytes = file.read(LARGEST + 1)
    return checked(data), secure_filename(file.filename)[-80:] or "exam.pdf"


def checked(data: bytes) -> bytes:
    """Itself, or BadInput: a PDF says so in its first and its last bytes."""
    if len(data) > LARGEST:
        raise BadInput(t("server.content_large", limit=LARGEST // 1_000_000), hint=t("server.content_hint"))
    if not data.startswith(b"%PDF-") or b"%%EOF" not in data[-_TAIL:] or b"startxref" not in data[-_TAIL:]:
        raise BadInput(t("server.content_not_pdf"), hint=t("server.content_hint"))
    return data


def keep(folder: Path, *, exam: str, section: int, data: bytes) -> Path:
    """Write it under the data folder for this box's user alone; -> the path in it. A name is never used twice."""
    path = Path("content") / exam / f"{section}-{secrets.token_hex(8)}.pdf"
    file = folder / path
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        raise StorageFull(f"the content cannot be stored: {error.strerror}", hint="Make room on the disk.") from error
    return path
