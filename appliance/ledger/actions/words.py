"""What people write, before it is written down: bounded, and without what no keyboard types by itself."""

import unicodedata

from appliance.errors import BadInput

LONGEST = 2_000
"""Characters of anything that people tell each other."""


def written(text: str, *, what: str, longest: int = LONGEST) -> str:
    """`text`, trimmed. BadInput, naming `what` it is, where it is empty, too long or holds control characters; any
    script, in any direction, and emoji are fine."""
    text = text.strip()
    if not text:
        raise BadInput(f"the {what} is empty", hint="Write something first.")
    if len(text) > longest:
        raise BadInput(f"the {what} has {len(text)} characters; at most {longest} fit", hint="Shorten it.")
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t" for c in text):
        raise BadInput(f"the {what} contains control characters", hint="Type it anew instead of pasting it.")
    return text
