"""What those who make the box do for its updates."""
