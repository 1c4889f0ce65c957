"""The decoder, but some frames kill it and some hold it up for good. Run as the decoder is."""

import os
import signal
import sys
import time

from appliance.capture import decoder

KILLS, HOLDS_UP = b"this frame kills", b"this frame holds up"


class Mortal(decoder.Decoder):
    def handle(self, head, data):
        if data == KILLS:
            os.kill(os.getpid(), signal.SIGSEGV)
        if data == HOLDS_UP:
            time.sleep(3600)
        super().handle(head, data)


if __name__ == "__main__":
    decoder.Decoder = Mortal
    sys.exit(decoder.main(sys.argv[1:]))
