"""The integrity report: what happened in an attempt or an exam, as JSON, CSV and PDF. Observations, never verdicts."""
