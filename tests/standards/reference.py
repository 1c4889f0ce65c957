"""The reference platform: the platform side of Open edX' lti-consumer-xblock behind a small HTTP server, run in an
environment of its own (scripts/platform-venv). What is judged - launches, tokens, LtiStartAssessment - the library
judges; the library has no Assessment Control endpoint, so `/acs` checks the library's token and keeps the body.

    python reference.py --port P --box https://127.0.0.1:Q
"""

import argparse
import html
import json
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="no secret",
    PLATFORM_NAME="Reference platform",
    CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DATABASES={},
    FEATURES={},
)
django.setup()

from cryptography.hazmat.primitives import serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import rsa  # noqa: E402
from lti_consumer.data import Lti1p3LaunchData, Lti1p3ProctoringLaunchData  # noqa: E402
from lti_consumer.lti_1p3.consumer import LtiProctoringConsumer  # noqa: E402
from lti_consumer.utils import get_data_from_cache  # noqa: E402

ACTIONS = ["pause", "resume", "terminate", "update", "flag"]
LINK = "edx-unit-7"
SESSION = uuid.uuid4().hex
LOG = []


def private_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = serialization.PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()


KEY = private_key()


def consumer(own: str, box: str) -> LtiProctoringConsumer:
    made = LtiProctoringConsumer(
        iss=own, lti_oidc_url=f"{box}/lti/login", lti_launch_url=f"{box}/lti/launch", client_id="edx-client",
        deployment_id="1", rsa_key=KEY, rsa_key_id="platform-key", redirect_uris=[f"{box}/lti/launch"],
        tool_keyset_url=f"{box}/lti/jwks",
    )  # fmt: skip
    made.set_proctoring_data(
        attempt_number=1, session_data=SESSION, resource_link_id=LINK, start_assessment_url=f"{own}/start-assessment",
        assessment_control_url=f"{own}/acs", assessment_control_actions=ACTIONS,
    )  # fmt: skip
    return made


def launch_data(own: str, message: str, user: str) -> Lti1p3LaunchData:
    proctoring = Lti1p3ProctoringLaunchData(
        attempt_number=1, start_assessment_url=f"{own}/start-assessment", assessment_control_url=f"{own}/acs",
        assessment_control_actions=ACTIONS,
    )  # fmt: skip
    return Lti1p3LaunchData(
        user_id=user, user_role="student", config_id="1", resource_link_id=LINK, message_type=message,
        proctoring_launch_data=proctoring,
    )  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    own = box = ""

    def do_GET(self):
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/begin":
            data = launch_data(self.own, asked.get("message", "LtiStartProctoring"), asked["user"])
            where = consumer(self.own, self.box).prepare_preflight_url(data)
            return self.answer(200, f'<title>LMS</title><a id="go" href="{html.escape(where)}">Start the exam</a>')
        if parts.path == "/auth":
            return self.auth(asked)
        if parts.path == "/jwks":
            return self.answer(200, json.dumps(consumer(self.own, self.box).get_public_keyset()), "application/json")
        if parts.path == "/log":
            return self.answer(200, json.dumps(LOG), "application/json")
        return self.answer(404, "")

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            getattr(self, urlsplit(self.path).path.strip("/").replace("-", "_"))(body)
        except Exception as error:
            LOG.append({"failed": self.path, "error": repr(error)})
            self.answer(400, repr(error))

    def auth(self, asked):
        data = get_data_from_cache(asked["lti_message_hint"])
        platform = consumer(self.own, self.box)
        platform.set_user_data(user_id=data.user_id, role=data.user_role, full_name="Ada Lovelace")
        platform.set_resource_link_claim(data.resource_link_id, title="Unit 7")
        made = platform.generate_launch_request(asked)
        fields = "".join(f'<input type="hidden" name="{n}" value="{html.escape(v)}">' for n, v in made.items())
        where = html.escape(asked["redirect_uri"])
        page = f'<form method="post" action="{where}">{fields}<button>Go</button></form>'
        self.answer(200, f"<title>LMS</title>{page}<script>document.forms[0].submit()</script>")

    def token(self, body):
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        said = consumer(self.own, self.box).access_token(form)
        LOG.append({"token": said["scope"]})
        self.answer(200, json.dumps(said), "application/json")

    def start_assessment(self, body):
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        said = consumer(self.own, self.box).check_and_decode_token(form["JWT"])
        LOG.append({"started": said})
        self.answer(200, "<title>Exam</title><h1>Question 1</h1>")

    def acs(self, body):
        scopes = ["https://purl.imsglobal.org/spec/lti-ap/scope/control.all"]
        token = self.headers["Authorization"].removeprefix("Bearer ")
        if not consumer(self.own, self.box).check_token(token, scopes):
            return self.answer(403, "")
        said = json.loads(body)
        LOG.append({"control": said, "type": self.headers["Content-Type"]})
        status = {"pause": "paused", "terminate": "terminated"}.get(said["action"], "running")
        return self.answer(200, json.dumps({"status": status}), "application/vnd.ims.lti-ap.v1.control+json")

    def answer(self, status, text, kind="text/html; charset=utf-8"):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--box", required=True)
    asked = parser.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", asked.port), Handler)
    Handler.own, Handler.box = f"http://localhost:{asked.port}", asked.box
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
