"""What a site hands in: read in every usual form, put in order, and refused with a sentence of its own."""

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs7, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID

from appliance.certificates import chain
from appliance.errors import BadInput
from tests.certificates.authority import BOX, NOW, Site, issued, new_key, pem

SITE = Site()
KEY = new_key()
LEAF = SITE.leaf(KEY)


def checked(*files, own=(), password="", reached=(BOX, "10.4.7.20")):
    return chain.checked(chain.read(*files, password=password), reached=reached, now=NOW, own=own)


@pytest.mark.parametrize(
    "files",
    [
        [pem(KEY, LEAF, SITE.below, SITE.root)],
        [pem(SITE.root, SITE.below, LEAF, KEY)],
        [pem(SITE.below), b"what comes before\n" + pem(LEAF), pem(SITE.root, SITE.root), pem(KEY)],
        [pem(LEAF, issued(new_key(), name="a stranger", ca=True), SITE.below, SITE.root), pem(KEY)],
        [LEAF.public_bytes(serialization.Encoding.DER), pem(SITE.below, SITE.root), pem(KEY)],
        [pkcs7.serialize_certificates([SITE.root, SITE.below, LEAF], serialization.Encoding.DER), pem(KEY)],
        [pkcs7.serialize_certificates([SITE.root, LEAF, SITE.below], serialization.Encoding.PEM), pem(KEY)],
    ],
    ids=["in order", "upside down", "in pieces", "with a stranger", "der", "p7b", "p7b as text"],
)
def test_a_chain_is_put_in_order_whatever_it_came_in(files):
    found = checked(*files)
    assert found.certificates == (LEAF, SITE.below, SITE.root)
    assert chain.is_complete(found)
    again = chain.read(found.pem())
    assert (again.certificates, again.keys[0].private_numbers()) == ([*found.certificates], KEY.private_numbers())


def test_a_pfx_opens_with_its_password_and_says_when_that_is_wrong():
    file = pkcs12.serialize_key_and_certificates(b"box", KEY, LEAF, [SITE.below], BestAvailableEncryption(b"secret"))
    found = checked(file, password="secret")
    assert found.certificates == (LEAF, SITE.below)
    assert not chain.is_complete(found), "the root is the devices' own"
    with pytest.raises(BadInput, match="password of the file does not fit"):
        checked(file, password="other")


def test_an_answer_to_the_boxs_own_request_needs_no_key():
    assert checked(pem(LEAF, SITE.below), own=[KEY]).key is KEY
    with pytest.raises(BadInput, match="the key of this certificate is missing"):
        checked(pem(LEAF, SITE.below), own=[new_key()])


RSA_WEAK = rsa.generate_private_key(public_exponent=65537, key_size=1024)
K1 = ec.generate_private_key(ec.SECP256K1())
LOCKED = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")
)
ED = ed25519.Ed25519PrivateKey.generate().private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
)
OLD_BELOW = issued(SITE.below_key, by=SITE.root, signer=SITE.key, name="Site servers", ca=True, begins=-9, days=-1)


@pytest.mark.parametrize(
    ("files", "sentence"),
    [
        ([b""], "neither a certificate nor a key"),
        ([b"\x30\x82nonsense"], "neither a certificate nor a key"),
        ([b"x" * 300_000], "too large"),
        ([pem(KEY)], "no certificate in it"),
        ([pem(LEAF)[:300] + b"\n-----END CERTIFICATE-----\n", pem(KEY)], "certificate in the file cannot be read"),
        ([pem(LEAF), LOCKED], "protected by a password"),
        ([pem(LEAF), ED], "of a kind that browsers do not take"),
        ([pem(LEAF), pem(new_key())], "does not fit any certificate"),
        ([pem(KEY, SITE.leaf(KEY, begins=-90, days=-1))], "expired on 2026-11-21"),
        ([pem(KEY, SITE.leaf(KEY, begins=2))], "valid from 2026-11-24 12:00 UTC on, and the box's clock"),
        ([pem(SITE.key, SITE.root)], "of an authority and not of a server"),
        ([pem(KEY, SITE.leaf(KEY, usage=ExtendedKeyUsageOID.CLIENT_AUTH))], "not for servers"),
        ([pem(RSA_WEAK, SITE.leaf(RSA_WEAK))], "too weak: RSA of 1024 bits"),
        ([pem(K1, SITE.leaf(K1))], "curve secp256k1"),
        ([pem(KEY, SITE.leaf(KEY, names=()))], "names no host"),
        ([pem(KEY, SITE.leaf(KEY, names=("mail.example.edu",)))], "is for mail.example.edu, and this box is"),
        ([pem(KEY, LEAF, OLD_BELOW)], "a certificate of its chain expired on 2026-11-21: CN=Site servers"),
    ],
)  # fmt: skip
def test_each_thing_that_is_wrong_has_its_own_sentence_and_what_to_do(files, sentence):
    with pytest.raises(BadInput, match=sentence) as refused:
        checked(*files)
    assert refused.value.hint
    assert "PRIVATE" not in refused.value.message + refused.value.hint


def test_a_star_is_for_one_label_more():
    leaf = SITE.leaf(KEY, names=("*.lab.example.edu",))
    names = ("box.lab.example.edu", "BOX.lab.example.edu.", "lab.example.edu", "a.b.lab.example.edu", "10.4.7.20")
    assert [chain.covers(leaf, name) for name in names] == [True, True, False, False, False]
