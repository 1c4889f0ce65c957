"""Judges: what each rule makes of what was seen, heard or reported. Pure, a file for each channel.

A judge is `judge(memory, seen, context) -> (memory, ticks)`. It may say something about any rule of its channel;
rules that are not in force, or do not look at cameras that stand so, are left out by whoever asks (`track.py`).
"""
