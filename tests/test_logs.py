"""Logs of a whole box: one JSON object a line, and no secret that anybody gave it."""

import json
import time
import urllib.error
import urllib.request

import pytest

from tests.whole_box import Box

pytestmark = pytest.mark.slow

SECRETS = {
    "s3 key": "AKIDNOBODYSHALLREAD",
    "s3 secret": "s3-secret-that-nobody-shall-read",
    "metrics token": "metrics-token-nobody-shall-read",
    "mail password": "mail-password-nobody-shall-read",
    "camera password": "camera-password-nobody-shall-read",
    "wrong token": "wrong-token-that-somebody-tried",
    "sign-in": "a password somebody typed",
    "code": "WXYZ-2345",
}


def ask(box: Box, path: str, *, said: dict | None = None, **headers: str) -> int:
    body = None if said is None else json.dumps(said).encode()
    request = urllib.request.Request(box.url + path, data=body, headers={"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code


def test_no_secret_that_a_box_is_given_stands_in_its_logs_or_in_what_it_says_of_itself(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    key, secret = SECRETS["s3 key"], SECRETS["s3 secret"]
    (tmp_path / "s3").write_text(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
    for name in ("metrics token", "mail password"):
        (tmp_path / name.split()[0]).write_text(SECRETS[name] + "\n")
    (data / "appliance.toml").write_text(
        f"""
[upstream]
url = "s3://exams/all"
endpoint = "http://127.0.0.1:9"
credentials_file = "{tmp_path / "s3"}"
spread_seconds = 0.0
[fleet]
token_file = "{tmp_path / "metrics"}"
[mail]
host = "127.0.0.1"
port = 9
user = "box"
password_file = "{tmp_path / "mail"}"
sender = "box@example.edu"
to = "it@example.edu"
[[camera]]
name = "door"
url = "rtsp://lab:{SECRETS["camera password"]}@127.0.0.1:9/stream"
"""
    )
    with Box.running(data) as box:
        assert ask(box, "/metrics", Authorization=f"Bearer {SECRETS['metrics token']}") == 200
        assert ask(box, "/metrics", Authorization=f"Bearer {SECRETS['wrong token']}") == 401
        assert ask(box, "/healthz/update") == 200  # nothing is planned on a new box
        ask(box, "/sign-in", said={"user": "staff", "password": SECRETS["sign-in"]})
        ask(box, "/join", said={"code": SECRETS["code"]})
        time.sleep(1.5)  # sync tries its store meanwhile
        said = {
            file.name: file.read_text() for file in [*box.paths.health.glob("*.json"), *box.paths.run.glob("*.json")]
        }
    logs = {file.name: file.read_text() for file in box.paths.logs.iterdir()}
    assert {"sync.json", "web.json"} <= set(said)
    assert logs["sync.log"]
    said |= logs | {"output": box.output.read_text()}
    assert [(name, what) for name, text in said.items() for what, word in SECRETS.items() if word in text] == []
    odd = [(name, line) for name, text in logs.items() for line in text.splitlines() if not line.startswith("{")]
    assert odd == []
    assert all(json.loads(line)["version"] for text in logs.values() for line in text.splitlines())
