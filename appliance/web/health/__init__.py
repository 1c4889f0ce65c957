"""The box page: how the box is, what is wrong with it, and the buttons that mend it."""
