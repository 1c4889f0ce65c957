"""The lab before the doors open: the board of seats, each seat's own page, the rehearsal."""
