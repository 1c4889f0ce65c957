"""The exam-proctoring edge appliance: one box for one testing lab."""

__version__ = "0.1.0"
