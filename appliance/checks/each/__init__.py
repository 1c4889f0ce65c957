"""The checks: one file each. `CODE` names the issue; `check` is pure."""
