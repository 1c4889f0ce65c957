"""A box's name in a store: it belongs to the box whose public key lies there first."""

import hashlib

from appliance.bundle.keys import PublicKey
from appliance.errors import IntegrityError, NotFound
from appliance.stores.port import Conflict, ObjectStore, Refused

CLAIM = "_box/box.pub"
_LONGEST = 4096


def claim(store: ObjectStore, site: str, box: str, public_pem: bytes) -> bool:
    """Before the first upload: put `SITE/BOX/_box/box.pub` there if nobody has. True when it was put now, False when it
    was there. Refused when the name is another box's: by that file, or, where an earlier version of the box left none,
    by the key beside its exams."""
    place = f"{site}/{box}"
    key, sha256 = f"{place}/{CLAIM}", hashlib.sha256(public_pem).hexdigest()
    if store.stat(key) is None:
        for exam in _exams(store, place):
            theirs = _read(store, f"{place}/{exam}/box.pub")
            if theirs and theirs != public_pem:
                raise _taken(store, place, theirs, public_pem, f"{place}/{exam}/box.pub")
    try:
        put = store.put(key, public_pem, sha256=sha256)
    except Conflict:
        raise _taken(store, place, _read(store, key), public_pem, key) from None
    if put and not store.confirm(key, public_pem, sha256=sha256):  # two boxes in the same second
        raise _taken(store, place, _read(store, key), public_pem, key)
    return put


def _exams(store: ObjectStore, place: str) -> list[str]:
    return [name for name in store.folders(place) if not name.startswith("_")]


def _read(store: ObjectStore, key: str) -> bytes:
    """Its first bytes: whatever somebody put there, a key is not long."""
    read = b""
    try:
        for piece in store.read(key):
            read += piece
            if len(read) > _LONGEST:
                break
    except NotFound:
        return b""
    return read[:_LONGEST]


def _taken(store: ObjectStore, place: str, theirs: bytes, ours: bytes, key: str) -> Refused:
    return Refused(
        f"the name {place} in {store.address} belongs to another box: the key there is {_fingerprint(theirs)}, this"
        f" box's {_fingerprint(ours)}",
        hint="Give one of the two another `box` under [upstream] in appliance.toml. If this box lost its key, restore"
        " the keys folder from its backup; if its key was changed on purpose, ask who runs the store to move"
        f" {key} aside.",
    )


def _fingerprint(pem: bytes) -> str:
    try:
        return PublicKey.from_pem(pem).fingerprint[:16]
    except IntegrityError:
        return "none of a box"
