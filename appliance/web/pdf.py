"""PDF files at check-out: one made of photographed pages, and the pages of one that was sent counted. Nothing of a file
that was sent is run or drawn: its objects are read as bytes, packed ones are unpacked within bounds.
"""

import re
import zlib
from collections.abc import Iterator, Sequence

from appliance.errors import BadInput
from appliance.exam.paper import MOST_PAGES
from appliance.web.context import t
from appliance.web.photo import sides

LARGEST_FILE = 40_000_000
"""Bytes of a PDF that is sent."""

_UNPACKED = 60_000_000
_A4 = (595.28, 841.89)
_MARGIN = 14.17  # 5 mm

_OBJECT = re.compile(rb"(?<![0-9])(\d{1,10})\s+\d{1,5}\s+obj\b(.*?)\bendobj\b", re.DOTALL)
_STREAM = re.compile(rb"\bstream\r?\n")
_REFERENCE = re.compile(rb"(\d{1,10})\s+\d{1,5}\s+R\b")
_NAME_CODE = re.compile(rb"#([0-9A-Fa-f]{2})")
_ACTIVE = re.compile(rb"/(JavaScript|JS|Launch|EmbeddedFiles?|RichMedia|XFA)(?![A-Za-z0-9])")


def count_pages(data: bytes) -> int:
    """How many pages a PDF has, counted along its page tree. BadInput when it is none, is locked, carries programs or
    files, or cannot be followed."""
    if len(data) > LARGEST_FILE:
        raise BadInput(t("server.pdf_large"), hint=t("server.pdf_hint"))
    if b"%PDF-" not in data[:1024]:
        raise BadInput(t("server.pdf_none"), hint=t("server.pdf_hint"))
    objects = _objects(data)
    heads = [_head(body) for body in objects.values()]
    if re.search(rb"/Encrypt\s+\d", data) or any(re.search(rb"/Encrypt\s+\d", head) for head in heads):
        raise BadInput(t("server.pdf_locked"), hint=t("server.pdf_locked_hint"))
    if any(_ACTIVE.search(head) for head in heads):
        raise BadInput(t("server.pdf_active"), hint=t("server.pdf_active_hint"))
    pages = _leaves(objects)
    if not 1 <= pages <= MOST_PAGES:
        raise BadInput(t("server.pdf_pages", most=MOST_PAGES), hint=t("server.pdf_hint"))
    return pages


def _objects(data: bytes) -> dict[int, bytes]:
    """Number -> body. What is written later replaces what was there before (a PDF grows at its end)."""
    found: dict[int, bytes] = {}
    left = _UNPACKED
    for match in _OBJECT.finditer(data):
        found[int(match[1])] = match[2]
        if re.search(rb"/Type\s*/ObjStm\b", _head(match[2])):
            unpacked = _unpacked(match[2], left)
            left -= len(unpacked)
            found.update(_packed(unpacked, _head(match[2])))
    return found


def _head(body: bytes) -> bytes:
    """The part before a stream, names spelt out (`/J#53` is `/JS`)."""
    begins = _STREAM.search(body)
    return _NAME_CODE.sub(lambda code: bytes([int(code[1], 16)]), body[: begins.start()] if begins else body)


def _unpacked(body: bytes, most: int) -> bytes:
    """A stream of objects; a few bytes may claim to be gigabytes, so there is an end to it."""
    begins = _STREAM.search(body)
    if begins is None or b"/FlateDecode" not in _head(body):
        return b"" if begins is None else body[begins.end() :]
    unpacking = zlib.decompressobj()
    try:
        unpacked = unpacking.decompress(body[begins.end() :], max(1, most))
    except zlib.error:
        return b""
    if unpacking.unconsumed_tail:
        raise BadInput(t("server.pdf_large"), hint=t("server.pdf_hint"))
    return unpacked


def _packed(unpacked: bytes, head: bytes) -> Iterator[tuple[int, bytes]]:
    first = re.search(rb"/First\s+(\d{1,9})", head)
    if first is None:
        return
    begin = int(first[1])
    numbers = [int(one) for one in re.findall(rb"\d{1,10}", unpacked[:begin])]
    places = list(zip(numbers[::2], numbers[1::2], strict=False))
    for (number, at), (_, end) in zip(places, [*places[1:], (0, len(unpacked) - begin)], strict=False):
        yield number, unpacked[begin + at : begin + end]


def _leaves(objects: dict[int, bytes]) -> int:
    """Pages below the catalogue's tree; 0 where it cannot be followed."""
    catalogues = [head for body in objects.values() if re.search(rb"/Type\s*/Catalog\b", head := _head(body))]
    root = re.search(rb"/Pages\s+(\d{1,10})\s+\d{1,5}\s+R", catalogues[-1]) if catalogues else None
    waiting, seen, pages = [int(root[1])] if root else [], set[int](), 0
    while waiting:
        number = waiting.pop()
        if number in seen or number not in objects:
            return 0
        seen.add(number)
        head = _head(objects[number])
        kids = re.search(rb"/Kids\s*\[(.*?)\]", head, re.DOTALL)
        if kids:
            waiting += [int(one) for one in _REFERENCE.findall(kids[1])]
        elif re.search(rb"/Type\s*/Pages\b", head):
            return 0  # its kids stand elsewhere: that is followed by nobody here
        else:
            pages += 1
    return pages


def of_pages(jpegs: Sequence[bytes], *, title: str) -> bytes:
    """One PDF, an A4 page for each photo, upright or lying as the photo is. The photos go in as they are."""
    out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
    places: list[int] = []

    def put(body: bytes) -> None:
        places.append(len(out))
        out.extend(b"%d 0 obj\n%s\nendobj\n" % (len(places), body))

    kids = b" ".join(b"%d 0 R" % (4 + 3 * number) for number in range(len(jpegs)))
    put(b"<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>")
    put(b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(jpegs), kids))
    put(b"<< /Title <%s> >>" % ("\ufeff" + title).encode("utf-16-be").hex().encode())
    for number, jpeg in enumerate(jpegs):
        for body in _page(jpeg, 4 + 3 * number):
            put(body)
    table = len(out)
    lines = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(places) + 1
    out += b"xref\n0 %d\n0000000000 65535 f \n%strailer\n" % (size, lines)
    out += b"<< /Size %d /Root 1 0 R /Info 3 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (size, table)
    return bytes(out)


def _page(jpeg: bytes, number: int) -> tuple[bytes, bytes, bytes]:
    """The three objects of a page, the first of which has this number."""
    width, height = sides(jpeg) or (1, 1)
    paper = _A4 if height >= width else _A4[::-1]
    scale = min((paper[0] - 2 * _MARGIN) / width, (paper[1] - 2 * _MARGIN) / height)
    at = [(side - scale * pixels) / 2 for side, pixels in zip(paper, (width, height), strict=True)]
    drawn = f"q {scale * width:.2f} 0 0 {scale * height:.2f} {at[0]:.2f} {at[1]:.2f} cm /I Do Q".encode()
    box = f"[0 0 {paper[0]} {paper[1]}]".encode()
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox %s /Contents %d 0 R /Resources << /XObject << /I %d 0 R >> >> >>"
    image = (
        b"<< /Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8"
        b" /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream"
    )
    return (
        page % (box, number + 1, number + 2),
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        image % (width, height, len(jpeg), jpeg),
    )
