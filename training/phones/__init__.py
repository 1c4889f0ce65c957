"""Our own head for phones: README.md says from what, how, and what it is worth."""
