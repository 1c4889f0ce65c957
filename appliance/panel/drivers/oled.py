"""A small display on the I2C bus, through luma.oled. It is written only when the picture changes; it moves by a dot now
and then, and gets dim while nothing happens, so that it lasts for years."""

from collections.abc import Callable
from typing import Any

from appliance.box.panel import Trouble
from appliance.panel.driver import Face, PartGone
from appliance.panel.drivers import drawing
from appliance.panel.status import Status

SHIFT_SECONDS = 180.0
TURN_SECONDS = 6.0
"""A QR code beside which the lines have no room is shown for so long, and then the lines."""

DIM_AFTER_SECONDS = 600.0
"""When the same status has been shown for so long; never what wants a person."""

DIM = 0.1
"""Of the brightness. Still read in a room."""

LOOK_SECONDS = 5.0
"""It is told how bright it is so often, so that one that was pulled out is noticed."""

_BRIGHTEST = 255
_NOTHING = 0xE3
"""A command that does nothing: is there somebody who takes it?"""

WIRES = "Look at its four wires, and at [panel] display_bus and display_address."
RULES = "hardware/config/99-appliance-panel.rules lets the box's user in: is it installed?"
CONFIG = "On a Raspberry Pi, dtparam=i2c_arm=on in config.txt brings the bus (hardware/config)."

_WANTS_SOMEBODY = frozenset(
    {Status.FAULT, Status.ATTENTION, Status.RECORDING_ATTENTION, Status.IDENTIFY, Status.SHUTTING_DOWN}
)


class Oled:
    """`connect`: -> the wire, as luma has it (tests play one)."""

    name = "display"
    driver = "oled"

    def __init__(
        self,
        *,
        bus: int,
        address: int,
        chip: str,
        brightness: float,
        connect: Callable[[int, int], Any] | None = None,
    ) -> None:
        self._bus, self._address, self._chip = bus, address, chip
        self._brightness = brightness
        self._connect = connect or _wire
        self._device: Any = None
        self._drawn: bytes = b""
        self._status, self._status_since = "", 0.0
        self._contrast, self._told = -1, 0.0

    @property
    def about(self) -> str:
        return f"i2c-{self._bus} 0x{self._address:02x} {self._chip}"

    def open(self) -> None:
        self.close()
        import luma.oled.device

        wire = self._asked(lambda: self._connect(self._bus, self._address), hint=CONFIG)
        try:
            # luma keeps every device it ever made until the process ends: one is made only where somebody answers.
            self._asked(lambda: wire.command(_NOTHING))
            self._device = self._asked(lambda: getattr(luma.oled.device, self._chip)(wire))
        except BaseException:
            wire.cleanup()
            raise
        self._drawn, self._contrast = b"", -1

    def show(self, face: Face, now: float) -> float:
        if face.status != self._status or face.bar is not None:
            self._status, self._status_since = face.status, now
        step = int(now / SHIFT_SECONDS)
        turn = int(now / TURN_SECONDS)
        image = drawing.picture(face, drawing.SHIFTS[step % len(drawing.SHIFTS)], turn=turn)
        if (drawn := image.tobytes()) != self._drawn:
            self._asked(lambda: self._device.display(image))
            self._drawn = drawn
        contrast = round(_BRIGHTEST * self._brightness * (DIM if self._dim(face, now) else 1.0))
        if contrast != self._contrast or now - self._told >= LOOK_SECONDS:
            self._asked(lambda: self._device.contrast(contrast))
            self._contrast, self._told = contrast, now
        return min(LOOK_SECONDS, (step + 1) * SHIFT_SECONDS - now, (turn + 1) * TURN_SECONDS - now)

    def close(self) -> None:
        """Dark. One that is gone is dark already."""
        device, self._device = self._device, None
        if device is None:
            return
        try:
            self._asked(device.cleanup)
        except PartGone:
            self._let_go(device)

    def _let_go(self, device: Any) -> None:
        try:
            device._serial_interface.cleanup()  # luma darkens first, and keeps the bus open where it could not
        except OSError:
            pass

    def _dim(self, face: Face, now: float) -> bool:
        idle = now - self._status_since >= DIM_AFTER_SECONDS
        return idle and not face.qr and face.status not in _WANTS_SOMEBODY

    def _asked(self, what: Callable[[], Any], *, hint: str = WIRES) -> Any:
        """What goes wrong on the bus becomes PartGone."""
        from luma.core.error import DevicePermissionError, Error

        try:
            return what()
        except (DevicePermissionError, PermissionError):
            raise PartGone(Trouble.NOT_ALLOWED, f"/dev/i2c-{self._bus} may not be used", hint=RULES) from None
        except (Error, OSError) as error:
            trouble = Trouble.UNPLUGGED if self._device is not None else Trouble.NOT_FOUND
            raise PartGone(trouble, f"no display answers at {self.about} ({error})", hint=hint) from None


def _wire(bus: int, address: int) -> Any:
    from luma.core.interface.serial import i2c

    return i2c(port=bus, address=address)
