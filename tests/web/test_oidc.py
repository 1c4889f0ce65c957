"""The site's own sign-in, with a real provider on the loopback: who comes in, in which role, and what is refused."""

import dataclasses
import time

import pytest
from joserfc.jwk import RSAKey

from appliance.config import Settings
from appliance.config_signin import OidcSettings
from appliance.errors import ConfigError, Unavailable
from appliance.ledger.actions import accounts
from appliance.web.auth import COOKIE
from appliance.web.signin import provider as providers
from appliance.web.signin.provider import Provider

from ..servers import openid
from .conftest import PASSWORD, build

pytestmark = pytest.mark.slow

JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def listening():
    with openid.running() as there:
        yield there


@pytest.fixture
def there(listening):
    listening.person = {"sub": "u-1", "preferred_username": "lead", "name": "Lea Lead"}
    listening.lies, listening.signs, listening.asked = {}, None, []
    return listening


@pytest.fixture
def make(furnished, services, there, tmp_path):
    """A house with this provider."""
    (tmp_path / "secret").write_text(openid.SECRET)

    def build_it(**said):
        given = {"client_id": openid.CLIENT, "client_secret_file": str(tmp_path / "secret"), "name": "Campus", **said}
        oidc = OidcSettings(issuer=there.issuer, **given)
        oidc.check()
        settings = dataclasses.replace(Settings(), oidc=oidc)
        known = Provider(oidc, services.paths.cache)
        return build(furnished, dataclasses.replace(services, settings=settings, provider=known))

    return build_it


def come(house, there, client=None, *, path="/sign-in/oidc"):
    """A browser goes there and comes back; -> (client, answer)."""
    client = client or house.client()
    off = client.get(path)
    assert off.status_code == 302, off.text
    back = there.visit(off.headers["Location"])
    return client, client.get(back.removeprefix("http://localhost"))


def test_whom_an_admin_expects_comes_in_and_is_known_from_then_on(make, there):
    house = make()
    assert "Sign in with Campus" in house.client().get("/sign-in").text
    assert house.user("admin").post("/users/lead/provider", json={}).status_code == 200
    client, answer = come(house, there, path="/sign-in/oidc?next=/reports")
    assert (answer.status_code, answer.headers["Refresh"]) == (200, "0; url=/reports")
    cookies = {c.split("=")[0]: c for c in answer.headers.getlist("Set-Cookie")}
    assert "SameSite=Strict" in cookies[COOKIE]
    assert client.get("/wall").status_code == 200
    there.person["preferred_username"] = "lea.newname"
    assert come(house, there)[1].status_code == 200, "the person, not the name, is known"
    assert [e.payload.how for e in house.events("user.signed_in")] == ["oidc", "oidc"]
    refused = house.client().post("/sign-in", json={"user": "lead", "password": PASSWORD})
    assert refused.status_code == 409, "the password of this box is good no more"


def test_a_local_account_of_the_same_name_is_never_taken_over(make, there):
    there.person["preferred_username"] = "admin"
    house = make(create=True, default_role="proctor")
    client, answer = come(house, there)
    assert answer.status_code == 409
    assert "nobody has let you into this box" in answer.text
    assert client.get("/wall", headers=JSON).status_code == 401


def test_new_people_are_entered_in_the_role_of_their_group_and_follow_it(make, there):
    there.person |= {"sub": "u-9", "preferred_username": "Zoe.Z", "name": "Zoë Z", "groups": ["x", "tutors"]}
    house = make(create=True, roles="bosses=lead, tutors=proctor")
    assert come(house, there)[1].status_code == 200
    made = house.ask(lambda c: accounts.account(c, "zoe.z"))
    assert (made.name, made.role, made.local) == ("Zoë Z", "proctor", 0)
    there.person["groups"] = "bosses"
    assert come(house, there)[1].headers["Refresh"] == "0; url=/wall"
    assert house.ask(lambda c: accounts.account(c, "zoe.z")).role == "lead"
    there.person |= {"sub": "u-10", "preferred_username": "guest", "groups": []}
    assert come(house, there)[1].status_code == 409, "no group, no default role"
    house.do(accounts.disable, user="zoe.z", by="admin")
    there.person |= {"sub": "u-9"}
    assert come(house, there)[1].status_code == 409


LIES = (
    {"nonce": "another"},
    {"nonce": None},
    {"aud": "another-client"},
    {"aud": [openid.CLIENT, "another"]},
    {"azp": "another"},
    {"iss": "https://elsewhere.example"},
    {"exp": int(time.time()) - 600},
    {"iat": int(time.time()) + 3600},
    {"exp": None},
    {"sub": None},
    {"preferred_username": ""},
)


def test_a_word_of_the_provider_that_does_not_hold_lets_nobody_in(make, there):
    house = make(create=True, default_role="proctor")
    there.person["preferred_username"] = "new"
    for lies in LIES:
        there.lies = lies
        client, answer = come(house, there)
        assert answer.status_code in (400, 409), lies
        assert client.get("/wall", headers=JSON).status_code == 401, lies
        assert 'name="password"' in answer.text, "the way in by a password stands below it"
    there.lies = {}
    assert come(house, there)[1].status_code == 200


def test_a_clock_that_is_a_minute_off_does_not_matter(make, there):
    house = make(create=True, default_role="proctor")
    there.person |= {"sub": "u-20", "preferred_username": "new"}
    there.lies = {"iat": int(time.time()) + 60, "exp": int(time.time()) - 60}
    assert come(house, there)[1].status_code == 200


def test_a_key_that_nobody_knows_is_refused_and_a_new_one_of_the_provider_is_fetched(make, there, monkeypatch):
    house = make(create=True, default_role="proctor")
    there.person |= {"sub": "u-21", "preferred_username": "new"}
    assert come(house, there)[1].status_code == 200
    there.signs = RSAKey.generate_key(2048, {"kid": "two", "alg": "RS256"})
    assert come(house, there)[1].status_code == 409
    assert there.asked.count("/keys") == 1, "asked half a minute ago: not again"
    monkeypatch.setattr(providers, "AGAIN_SECONDS", 0.0)
    there.key = there.signs
    assert come(house, there)[1].status_code == 200
    there.signs = RSAKey.generate_key(2048, {"kid": "two", "alg": "RS256"})
    assert come(house, there)[1].status_code == 409, "the same name, another key"


def test_an_answer_counts_once_in_its_own_browser_and_as_long_as_it_was_asked(make, there):
    house = make(create=True, default_role="proctor")
    there.person |= {"sub": "u-22", "preferred_username": "new"}
    mine, other = house.client(), house.client()
    back = there.visit(mine.get("/sign-in/oidc").headers["Location"]).removeprefix("http://localhost")
    assert other.get(back).status_code == 409, "another browser"
    other.get("/sign-in/oidc")
    assert other.get(back).status_code == 409, "another trip"
    assert mine.get(back).status_code == 200
    assert mine.get(back).status_code == 409, "used already"
    refused = house.client()
    refused.get("/sign-in/oidc")
    assert refused.get("/sign-in/oidc/back?error=access_denied").status_code == 409


def test_without_the_provider_the_box_is_as_it_was(make, there, services):
    house = make()
    house.services.provider._known.clear()
    there_now = OidcSettings(issuer="http://127.0.0.1:9", client_id=openid.CLIENT, name="Campus")
    away = build(
        house_of(house),
        dataclasses.replace(house.services, provider=Provider(there_now, services.paths.cache / "none")),
    )
    page = away.client().get("/sign-in")
    assert page.status_code == 200
    assert "Campus does not answer just now. Sign in with a password of this box." in page.text.replace("&#39;", "'")
    assert away.client().get("/sign-in/oidc/status").json == {"up": False}
    off = away.client().get("/sign-in/oidc")
    assert off.status_code == 503
    assert "Sign in with a password of this box" in off.text
    assert away.client().post("/sign-in", json={"user": "lead", "password": PASSWORD}).status_code == 200
    assert house.client().get("/sign-in/oidc/status").json == {"up": True}


def house_of(house):
    """What `build` wants to know of it."""
    return dataclasses.make_dataclass("Known", ["attempts", "codes"])(house.attempts, house.codes)


def test_what_it_said_about_itself_is_kept_for_the_next_start(there, tmp_path):
    oidc = OidcSettings(issuer=there.issuer, client_id=openid.CLIENT)
    first = Provider(oidc, tmp_path)
    assert first.begin("http://localhost/x").url.startswith(f"{there.issuer}/authorize?")
    again = Provider(oidc, tmp_path)
    again._get = lambda *_: (_ for _ in ()).throw(Unavailable("away"))
    assert again.begin("http://localhost/x").url.startswith(f"{there.issuer}/authorize?")
    other = Provider(dataclasses.replace(oidc, issuer="http://127.0.0.1:9"), tmp_path)
    with pytest.raises(Unavailable):
        other.begin("http://localhost/x")


def test_a_provider_that_calls_itself_otherwise_is_no_provider(there, tmp_path):
    wrong = Provider(OidcSettings(issuer=f"{there.issuer}/", client_id=openid.CLIENT), tmp_path)
    with pytest.raises(ConfigError, match="another issuer"):
        wrong.begin("http://localhost/x")


def test_who_has_no_password_here_proves_it_by_coming_in_anew(make, there):
    house = make()
    house.do(accounts.expect, user="lead", by="admin")
    client, _ = come(house, there)
    assert "This box knows no password of yours." in client.get("/account").text
    assert client.post("/account/password", json={"password": "x", "new": "six other words"}).status_code == 409
    made = client.post("/account/passkeys/options", json={}, base_url="http://localhost")
    assert made.status_code == 200
    house.do(lambda t: t.connection.exec_driver_sql("UPDATE login SET created_at = created_at - 601"))
    late = client.post("/account/passkeys/options", json={})
    assert (late.status_code, late.json["error"]) == (403, "you have been signed in for longer than ten minutes")
