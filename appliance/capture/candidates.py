"""The addresses in a session description (`a=candidate`, RFC 8839)."""

import re

_NAMED = re.compile(r"^a=candidate:\S+ \d+ \S+ \d+ \S+\.local \d+ [^\r\n]*\r?\n?", re.MULTILINE)
_END = re.compile(r"^a=end-of-candidates[^\r\n]*\r?\n?", re.MULTILINE)


def without_names(sdp: str) -> str:
    """The offer without its mDNS names, which hide a browser's address (`...local`). Looking each up by multicast takes
    up to a second, and a lab's network seldom passes it on; the browser's own checks tell where it is (peer-reflexive
    candidates). So more candidates are to be expected, whatever the offer says."""
    named = _NAMED.sub("", sdp)
    return sdp if named == sdp else _END.sub("", named)


def has_any(sdp: str) -> bool:
    """At least one address is offered."""
    return "a=candidate:" in sdp
