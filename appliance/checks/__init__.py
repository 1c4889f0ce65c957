"""What may be wrong with the box: each check is one file, raises one issue, and says what helps."""
