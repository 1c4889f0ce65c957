"""The page of the upstream, for lab staff in a hurry: is everything away, may the box be unplugged, what is to do."""

import hashlib
import time
from dataclasses import asdict
from typing import Any

from flask import Blueprint, jsonify, make_response, render_template, request
from werkzeug.wrappers import Response

from appliance.errors import NotFound
from appliance.exam.permissions import Action
from appliance.exam.unplug import length
from appliance.web import upstream_facts as facts
from appliance.web.context import services, t
from appliance.web.needs import needs

bp = Blueprint("upstream", __name__)


@bp.get("/upstream")
@needs(Action.SEE_BOX)
def page() -> str:
    """All of it."""
    here, now = services(), time.time()
    with here.reader.connect() as connection:
        exams, older = facts.exams(connection, lock_days=here.settings.upstream.lock_days, now=now)
    return render_template(
        "upstream.html",
        exams=exams,
        older=older,
        lock_days=here.settings.upstream.lock_days,
        key=facts.key(here.paths.keys),
        **_now(now),
    )


@bp.get("/upstream/now")
@needs(Action.SEE_BOX)
def moment() -> Response:
    """The part of the page that changes each second; 304 while it does not."""
    return _unless_known(make_response(render_template("_upstream.html", **_now(time.time()))))


@bp.get("/upstream/box.pub")
@needs(Action.SEE_BOX)
def key() -> Response:
    """The public half of the key that signs what this box sends: whoever verifies needs it from another place than the
    evidence."""
    public = facts.key(services().paths.keys)
    if public is None:
        raise NotFound(t("upstream.key_none"), hint=t("upstream.key_none_hint"))
    upstream = services().settings.upstream
    answer = make_response(public.pem)
    answer.content_type = "application/x-pem-file"
    answer.headers["Content-Disposition"] = f'attachment; filename="{upstream.site}-{upstream.box}.pub"'
    return answer


@bp.get("/api/upstream")
@needs(Action.SEE_BOX)
def api() -> Response:
    """The same for programs; 304 while nothing changes but the time."""
    here, at = services(), time.time()
    with here.reader.connect() as connection:
        now = facts.now_of(connection, here, now=at)
        exams, older = facts.exams(connection, lock_days=here.settings.upstream.lock_days, now=at)
    said = {
        "state": now.verdict.state.value,
        "sending": now.verdict.sending.value,
        "safe_to_unplug": now.verdict.safe,
        "sentence": now.sentence,
        "then": now.then,
        "disk": now.disk.value,
        "sight": asdict(now.sight),
        "upstream": None if now.said is None else asdict(now.said),
        "deletion_waits": now.deletion_waits,
        "deletion_rests": now.deletion_rests,
        "exams": exams,
        "older": older,
    }
    answer = _unless_known(jsonify(said), but=() if now.said is None else (repr(now.said.at),))
    return answer


def _now(at: float) -> dict[str, Any]:
    """What `_upstream.html` says."""
    here = services()
    with here.reader.connect() as connection:
        now = facts.now_of(connection, here, now=at)
        said = now.said
        titles = facts.titles(connection, [one.exam for one in said.backlog] if said else [])
    failures = facts.failures(said) if said else []
    return {
        "now": now,
        "said": said,
        "sight": now.sight,
        "address": facts.address(here, now),
        "long": length(now.sight.eta_s),
        "waiting": facts.waiting(said, titles) if said else [],
        "uploads": facts.uploads(said) if said else [],
        "failures": failures[: facts.FAILURES],
        "more": max(0, len(failures) - facts.FAILURES),
        "size": facts.size,
        "mbit": facts.mbit,
    }


def _unless_known(answer: Response, *, but: tuple[str, ...] = ()) -> Response:
    """304 when the page has just this. `but`: what does not count."""
    text = answer.get_data(as_text=True)
    for one in but:
        text = text.replace(one, "")
    answer.set_etag(hashlib.sha256(text.encode()).hexdigest()[:32])
    answer.headers["Cache-Control"] = "no-cache"
    answer.make_conditional(request)
    return answer
