"""The rules of an exam, pure: no clock, no disk, no network, nothing else of ours but `errors`."""
