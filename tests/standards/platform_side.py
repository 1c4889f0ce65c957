"""A small LTI platform of our own for tests: it signs what it is told to, right or wrong, by PyJWT."""

import json
import secrets
import time
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

from appliance.config_standards import PlatformSettings

LTI, AP = "https://purl.imsglobal.org/spec/lti/claim/", "https://purl.imsglobal.org/spec/lti-ap/claim/"


def make_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def jwks(key: rsa.RSAPrivateKey, kid: str) -> dict:
    public = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {"keys": [{**public, "kid": kid, "alg": "RS256", "use": "sig"}]}


@dataclass
class Platform:
    """`key` signs; `settings` is how the box knows it."""

    key: rsa.RSAPrivateKey
    kid: str = "k1"
    issuer: str = "https://lms.test"
    client_id: str = "tool-1"
    deployment: str = "d1"
    link: str = "link-1"
    session_data: str = field(default_factory=lambda: secrets.token_hex(8))

    def settings(self, folder, **more) -> PlatformSettings:
        file = folder / "jwks.json"
        file.write_text(json.dumps(jwks(self.key, self.kid)))
        usual = {
            "name": "lms", "issuer": self.issuer, "client_id": self.client_id, "deployment": self.deployment,
            "login_url": f"{self.issuer}/auth", "keys_file": str(file),
        }  # fmt: skip
        return PlatformSettings(**{**usual, **more})

    def claims(self, kind: str = "LtiStartProctoring", **changes) -> dict:
        now = int(time.time())
        said = {
            "iss": self.issuer,
            "aud": self.client_id,
            "azp": self.client_id,
            "sub": "c-1",
            "iat": now,
            "exp": now + 300,
            LTI + "message_type": kind,
            LTI + "version": "1.3.0",
            LTI + "deployment_id": self.deployment,
            LTI + "resource_link": {"id": self.link},
            AP + "session_data": self.session_data,
            AP + "attempt_number": 1,
            AP + "start_assessment_url": f"{self.issuer}/start-assessment",
            AP + "acs": {
                "assessment_control_url": f"{self.issuer}/acs",
                "actions": ["pause", "resume", "terminate", "update", "flag"],
            },
        }
        said.update(changes)
        return {name: value for name, value in said.items() if value is not None}

    def sign(self, claims: dict, *, key=None, algorithm="RS256", kid=None) -> str:
        return jwt.encode(claims, key or self.key, algorithm=algorithm, headers={"kid": kid or self.kid})

    def begin(self, client, **changes) -> dict:
        """Initiate a login in a browser; -> state and nonce that the box asks for."""
        said = {
            "iss": self.issuer, "client_id": self.client_id, "login_hint": "u1", "lti_message_hint": "m1",
            "lti_deployment_id": self.deployment, "target_link_uri": "http://localhost/lti/launch", **changes,
        }  # fmt: skip
        answer = client.post("/lti/login", data=said)
        assert answer.status_code == 302, answer.text
        asked = {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["Location"]).query).items()}
        assert asked["redirect_uri"].endswith("/lti/launch")
        assert (asked["response_type"], asked["response_mode"], asked["prompt"]) == ("id_token", "form_post", "none")
        return asked

    def launch(self, client, kind: str = "LtiStartProctoring", *, signing=None, state=None, **changes):
        """The whole launch; -> the box's answer."""
        asked = self.begin(client)
        token = self.sign(self.claims(kind, **{"nonce": asked["nonce"], **changes}), **(signing or {}))
        said = {"state": state or asked["state"], "id_token": token}
        self.last = said
        return client.post("/lti/launch", data=said)
