"""Candidates without a browser: they join with real codes and publish through the same doors as everybody."""
