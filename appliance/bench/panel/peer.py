"""The peer: a light that gpiozero itself lets breathe, in a thread of its own, on the same mock pins, until its
input ends."""

import sys

PERIOD_SECONDS = 4.0
"""As the panel breathes while it starts."""


def main() -> None:
    """Breathe."""
    from gpiozero import RGBLED
    from gpiozero.pins.mock import MockFactory, MockPWMPin

    factory = MockFactory(revision="c04170", pin_class=MockPWMPin)
    light = RGBLED(17, 27, 22, pin_factory=factory)
    light.pulse(fade_in_time=PERIOD_SECONDS / 2, fade_out_time=PERIOD_SECONDS / 2, on_color=(0, 0, 1))
    print("ready", flush=True)
    sys.stdin.read()
    light.close()


if __name__ == "__main__":
    main()
