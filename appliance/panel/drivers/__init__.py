"""What stands behind the port: pins, USB lights, a display, keys, a terminal."""
