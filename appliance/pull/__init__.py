"""Copying evidence out of a store, for central IT: `appliance pull`."""
