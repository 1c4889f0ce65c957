"""How quickly recordings open and seek, and reports are written."""
