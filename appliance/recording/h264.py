"""H.264 bytes: NAL units, key frames, the size in a sequence parameter set. No decoding."""

import re
from dataclasses import dataclass

from appliance.recording import frame

_START = re.compile(rb"\x00\x00\x01")
SLICE, IDR, SPS, PPS, DELIMITER = 1, 5, 7, 8, 9
_PARAMETERS = frozenset({SPS, PPS, DELIMITER})
_HIGH_PROFILES = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})


def nal_units(annex_b: bytes) -> list[bytes]:
    """The NAL units between the start codes, without them. A NAL unit never ends in a zero byte, so zeros there belong
    to the start code that follows."""
    return [unit for unit in (piece.rstrip(b"\0") for piece in _START.split(annex_b)[1:]) if unit]


def kind_of(unit: bytes) -> int:
    """nal_unit_type."""
    return unit[0] & 0x1F


def describe(annex_b: bytes) -> tuple[bool, bool]:
    """-> (key, reference). A key frame has an IDR slice and its SPS; a frame that is no reference can be skipped."""
    kinds, reference = set(), False
    for match in _START.finditer(annex_b):
        if match.end() < len(annex_b):
            header = annex_b[match.end()]
            kinds.add(header & 0x1F)
            reference = reference or header & 0x60 != 0
    return IDR in kinds and SPS in kinds, reference


@dataclass(frozen=True, slots=True)
class Parameters:
    """The parameter sets that a decoder needs before the first frame."""

    sps: bytes
    pps: bytes
    width: int
    height: int

    @classmethod
    def of(cls, key_frame: bytes) -> "Parameters":
        """From a key frame that carries them; ValueError when they are missing or make no sense."""
        units = {kind_of(unit): unit for unit in reversed(nal_units(key_frame))}
        if SPS not in units or PPS not in units or len(units[SPS]) < 4:
            raise ValueError("the key frame carries no parameter sets")
        width, height = picture_size(units[SPS])
        return cls(units[SPS], units[PPS], width, height)

    def avcc(self) -> bytes:
        """AVCDecoderConfigurationRecord (ISO 14496-15), 4-byte lengths."""
        head = bytes([1, self.sps[1], self.sps[2], self.sps[3], 0xFF, 0xE1])
        body = len(self.sps).to_bytes(2, "big") + self.sps + b"\x01" + len(self.pps).to_bytes(2, "big") + self.pps
        tail = b"\xfd\xf8\xf8\x00" if self.sps[1] in (100, 110, 122, 144) else b""
        return head + body + tail

    def codec_string(self) -> str:
        """RFC 6381: avc1.42e01f."""
        return f"avc1.{self.sps[1:4].hex()}"


def sample_data(annex_b: bytes) -> bytes:
    """Annex B -> length-prefixed, parameter sets left out: they stand in the header of the file."""
    return b"".join(
        len(unit).to_bytes(4, "big") + unit for unit in nal_units(annex_b) if kind_of(unit) not in _PARAMETERS
    )


class _Bits:
    """Exp-Golomb reader over a raw byte sequence payload."""

    def __init__(self, payload: bytes) -> None:
        self._value = int.from_bytes(payload, "big")
        self._left = len(payload) * 8

    def bits(self, count: int) -> int:
        if count > self._left:
            raise ValueError("the sequence parameter set is cut short")
        self._left -= count
        return (self._value >> self._left) & ((1 << count) - 1)

    def unsigned(self) -> int:
        zeros = 0
        while not self.bits(1):
            zeros += 1
        if zeros > 32:
            raise ValueError("the sequence parameter set makes no sense")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        value = self.unsigned()
        return (value + 1) // 2 if value & 1 else -(value // 2)


def picture_size(sps: bytes) -> tuple[int, int]:
    """Width and height after cropping, pixels; ValueError when it cannot be read."""
    bits = _Bits(sps[4:].replace(b"\0\0\x03", b"\0\0"))
    bits.unsigned()  # seq_parameter_set_id
    chroma = _high_profile(bits) if sps[1] in _HIGH_PROFILES else 1
    bits.unsigned()  # log2_max_frame_num_minus4
    _picture_order(bits)
    bits.unsigned()  # max_num_ref_frames
    bits.bits(1)
    columns, rows = bits.unsigned() + 1, bits.unsigned() + 1
    frames_only = bits.bits(1)
    if not frames_only:
        bits.bits(1)
    bits.bits(1)
    width, height = columns * 16, rows * 16 * (2 - frames_only)
    if bits.bits(1):
        left, right, top, bottom = (bits.unsigned() for _ in range(4))
        across = 2 if chroma in (1, 2) else 1
        down = (2 if chroma == 1 else 1) * (2 - frames_only)
        width, height = width - (left + right) * across, height - (top + bottom) * down
    return frame.picture_size(width, height)


def _high_profile(bits: _Bits) -> int:
    chroma = bits.unsigned()
    if chroma == 3:
        bits.bits(1)
    bits.unsigned(), bits.unsigned()
    bits.bits(1)
    if bits.bits(1):
        for index in range(8 if chroma != 3 else 12):
            if bits.bits(1):
                _skip_scaling_list(bits, 16 if index < 6 else 64)
    return chroma


def _skip_scaling_list(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last


def _picture_order(bits: _Bits) -> None:
    kind = bits.unsigned()
    if kind == 0:
        bits.unsigned()
    elif kind == 1:
        bits.bits(1)
        bits.signed(), bits.signed()
        for _ in range(min(bits.unsigned(), 255)):
            bits.signed()
