"""Copies of what cannot be made again: ledger and keys, encrypted; and a box from such a copy, or from its media."""
