"""Join codes: what a candidate types to come in.

Eight characters of an alphabet without look-alikes (no 0 O, 1 I L, 2 Z, 5 S, 8 B, U V, G 6 confusions) and without the
vowels that would make words, shown as XXXX-XXXX. The box stores only a keyed hash of a code.
"""

import re

from appliance.errors import BadInput

ALPHABET = "34679CDFHJKMNPRTVWXY"
LENGTH = 8
RANDOM_BYTES = 16
"""So many that the remainder's bias is below 2 to the -90."""

_IGNORED = re.compile(r"[\s\-_.\u2010-\u2015\u2212]+")
_LONGEST_INPUT = 64


def generate(random: bytes) -> str:
    """The code that these random bytes (16 or more, from a secure source) stand for: 8 characters, no dash."""
    if len(random) < RANDOM_BYTES:
        raise ValueError(f"a code needs {RANDOM_BYTES} random bytes, not {len(random)}")
    number = int.from_bytes(random)
    characters = []
    for _ in range(LENGTH):
        number, remainder = divmod(number, len(ALPHABET))
        characters.append(ALPHABET[remainder])
    return "".join(characters)


def shown(code: str) -> str:
    """As a person reads it: XXXX-XXXX."""
    return f"{code[:4]}-{code[4:]}"


def normalise(text: str) -> str:
    """What somebody typed -> 8 characters. Case, spaces and dashes do not matter; BadInput when it cannot be a code."""
    code = _IGNORED.sub("", text[:_LONGEST_INPUT]).upper()
    if len(text) > _LONGEST_INPUT or len(code) != LENGTH:
        raise BadInput(
            f"a join code has {LENGTH} characters", hint="It looks like XXXX-XXXX; read it again from your card."
        )
    wrong = next((c for c in code if c not in ALPHABET), None)
    if wrong is not None:
        raise BadInput(
            f"no join code has the character {wrong!r}",
            hint="Codes have no vowels and no 0, 1, 2, 5 or 8; read it again from your card.",
        )
    return code
