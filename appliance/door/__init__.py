"""The door: the one process that listens on the network where no nginx does."""
