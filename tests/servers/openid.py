"""A small provider of OpenID Connect on the loopback: discovery, keys, codes with PKCE, and lies when it is told to."""

import base64
import hashlib
import http.server
import json
import secrets
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT = "box-7"
SECRET = "between us"


@dataclass
class Provider:
    """`person`: who is signed in there; `lies`: claims of the next ID token that are otherwise."""

    issuer: str = ""
    person: dict = field(default_factory=lambda: {"sub": "u-1", "preferred_username": "lead", "name": "Lea Lead"})
    lies: dict = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"}))
    signs: RSAKey | None = None
    asked: list = field(default_factory=list)
    codes: dict = field(default_factory=dict)

    def visit(self, url):
        """A person comes with their browser, is signed in, and is sent back: -> where to."""
        said = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert said["client_id"] == CLIENT
        assert said["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self.codes[code] = said
        return f"{said['redirect_uri']}?{urlencode({'code': code, 'state': said['state']})}"

    def token(self, form, authorization):
        """The answer to a code, or None."""
        said = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        plain = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode().replace("=", "")
        if said is None or authorization.replace("=", "") != f"Basic {plain}":
            return None
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != said["code_challenge"]:
            return None
        now = int(time.time())
        claims = {
            "iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": said["nonce"],
            **self.person, **self.lies,
        }  # fmt: skip
        key = self.signs or self.key
        token = jwt.encode({"alg": "RS256", "kid": key.kid}, {k: v for k, v in claims.items() if v is not None}, key)
        return {"access_token": "x", "token_type": "Bearer", "id_token": token}

    def page(self, path):
        """Discovery and keys."""
        self.asked.append(path)
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        return {"keys": [self.key.as_dict(private=False)]} if path == "/keys" else None


@contextmanager
def running():
    """One that listens."""
    provider = Provider()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self._answer(provider.page(self.path))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(provider.token(form, self.headers.get("Authorization", "")), 400)

        def _answer(self, said, otherwise=404):
            body = json.dumps(said if said is not None else {"error": "invalid_grant"}).encode()
            self.send_response(200 if said is not None else otherwise)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider.issuer = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield provider
        finally:
            server.shutdown()
            thread.join()
