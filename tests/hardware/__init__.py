"""hardware/: what a maker builds from."""
