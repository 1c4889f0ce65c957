"""Evidence that leaves the box: a span of chosen feeds as one file, as it was recorded; a masked copy on request."""
