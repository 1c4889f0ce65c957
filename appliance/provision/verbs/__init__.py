"""What root does for the box: one file for each verb of `box.errand`."""
