"""What first boot does, one file a step. Each may be done again, and is there whole or not at all."""
