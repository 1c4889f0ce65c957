"""Standards out: events as Caliper and xAPI, and LTI 1.3 Proctoring Services with the box as the tool."""
