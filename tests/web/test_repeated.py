"""What is looked at again and again goes on whatever goes wrong, and ends with its block."""

import threading

from appliance.errors import Unavailable
from appliance.web.repeated import repeated


def test_it_goes_on_after_a_fault_of_either_kind_and_stops_at_once(caplog):
    faults, seen = iter([Unavailable("the disk"), ValueError("a bug")]), threading.Event()

    def look():
        if (fault := next(faults, None)) is not None:
            raise fault
        seen.set()

    with repeated(look, name="looker", seconds=0.01):
        assert seen.wait(5)
    assert "looker: not possible just now: the disk" in caplog.text
    assert "looker: a look failed" in caplog.text
    assert not [thread for thread in threading.enumerate() if thread.name == "looker"]


def test_it_looks_again_at_once_while_there_is_more():
    left, done = iter([True, True, False]), threading.Event()

    def look():
        more = next(left, None)
        if more is False:
            done.set()
        return more

    with repeated(look, name="looker", seconds=0.01):
        assert done.wait(5)


def test_a_look_that_takes_long_is_told_to_stop():
    stopping, looking = threading.Event(), threading.Event()

    def look():
        looking.set()
        return stopping.wait(10)

    with repeated(look, name="looker", seconds=0.01, stopping=stopping):
        assert looking.wait(5)
