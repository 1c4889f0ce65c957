"""One order at the site's ACME server (RFC 8555): the box proves that it is what the names lead to by a file that the
front shows on plain HTTP (http-01), and gets a certificate for a new key."""

import contextlib
import datetime
from collections.abc import Iterator

import requests
from acme import challenges, client, errors, messages
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from josepy.errors import Error as JoseError
from josepy.jwa import ES256
from josepy.jwk import JWK, JWKEC

from appliance.box import secret
from appliance.box.paths import Paths
from appliance.certificates import chain, reach, site
from appliance.certificates.chain import Chain
from appliance.config_https import HttpsSettings
from appliance.errors import BadInput, StorageFull, Unavailable

ACCOUNT = "acme-account.pem"
_NET_SECONDS = 10
_ORDER_SECONDS = 90
_AGENT = "exam-appliance"


def fetched(paths: Paths, https: HttpsSettings) -> Chain:
    """A new certificate for all names by which a site's authority may know this box. ApplianceError says at which step
    it failed."""
    found = reach.of(https)
    if not found.site:
        raise BadInput("the box has no name to ask a certificate for", hint="Write [https] domain or names.")
    key = ec.generate_private_key(ec.SECP256R1())
    try:
        issued = _ordered(paths, https, site.signing_request(key, found.site))
    except requests.exceptions.SSLError:
        raise Unavailable(
            f"the ACME server {https.acme_directory} shows a certificate that this box does not trust",
            hint="Write the file of the site's authority as [https] acme_ca_file.",
        ) from None
    except requests.exceptions.RequestException:
        raise Unavailable(
            f"the ACME server {https.acme_directory} does not answer",
            hint="Is the network there, and the address right? It is tried again by itself.",
        ) from None
    except errors.ValidationError as error:
        raise Unavailable(f"the ACME server could not reach the box: {_reasons(error)}", hint=_REACH) from None
    except errors.TimeoutError:
        raise Unavailable("the ACME server did not decide in time", hint=_REACH) from None
    except (errors.Error, messages.Error, JoseError, ValueError, KeyError) as error:
        raise Unavailable(
            f"the ACME server refused: {_said(error)}", hint="Ask central IT, who run it; it is tried again by itself."
        ) from None
    handed = chain.read(issued.encode(), chain.pem_of(key))
    reached = [*found.names, *map(str, found.addresses)]
    return chain.checked(handed, reached=reached, now=datetime.datetime.now(datetime.UTC))


_REACH = "It must reach this box by each of its names on port 80 (/.well-known/acme-challenge/)."


def _ordered(paths: Paths, https: HttpsSettings, asked: bytes) -> str:
    """-> the chain, PEM."""
    net = client.ClientNetwork(_account_key(paths), alg=ES256, user_agent=_AGENT, timeout=_NET_SECONDS)
    if https.acme_ca_file:
        net.verify_ssl = https.acme_ca_file  # type: ignore[assignment]  # requests takes a path here as well
    with contextlib.closing(net.session):
        server = client.ClientV2(client.ClientV2.get_directory(https.acme_directory, net), net)
        _sign_up(server, https.acme_email)
        order = server.new_order(asked)
        deadline = datetime.datetime.now() + datetime.timedelta(seconds=_ORDER_SECONDS)
        with contextlib.ExitStack() as shown:
            for one in order.authorizations:
                if one.body.status == messages.STATUS_VALID:
                    continue
                challenge = _http_challenge(one)
                response, text = challenge.response_and_validation(net.key)
                shown.enter_context(_shown(paths, challenge.chall.encode("token"), text))
                server.answer_challenge(challenge, response)
            order = server.poll_and_finalize(order, deadline)
        return str(order.fullchain_pem)


def _sign_up(server: client.ClientV2, email: str) -> None:
    new = messages.NewRegistration.from_data(email=email or None, terms_of_service_agreed=True)
    try:
        server.net.account = server.new_account(new)
    except errors.ConflictError as known:
        server.net.account = messages.RegistrationResource(uri=known.location, body=messages.Registration())


def _http_challenge(one: messages.AuthorizationResource) -> messages.ChallengeBody:
    for challenge in one.body.challenges:
        if isinstance(challenge.chall, challenges.HTTP01):
            return challenge
    raise errors.ClientError(f"it offers no http-01 for {one.body.identifier.value}")


@contextlib.contextmanager
def _shown(paths: Paths, token: str, text: str) -> Iterator[None]:
    """The answer, where both fronts show it."""
    file = paths.acme / token
    try:
        paths.acme.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="ascii")
    except OSError as error:
        raise StorageFull(f"{file} cannot be written: {error.strerror}", hint="Check the disk.") from None
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def _account_key(paths: Paths) -> JWK:
    """Made once: the account at the ACME server is whoever has it."""
    pem = secret.made_once(paths.keys / ACCOUNT, lambda: chain.pem_of(ec.generate_private_key(ec.SECP256R1())))
    key = serialization.load_pem_private_key(pem, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return JWKEC(key=key)


def _reasons(error: errors.ValidationError) -> str:
    said = [
        f"{one.body.identifier.value}: {challenge.error.detail}"
        for one in error.failed_authzrs
        for challenge in one.body.challenges
        if challenge.error is not None and challenge.error.detail
    ]
    return "; ".join(said)[:300] or "it did not say why"


def _said(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
