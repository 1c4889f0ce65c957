"""nginx in front of an installed box: its configuration out of the settings, and the process that runs it."""
