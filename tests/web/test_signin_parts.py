"""The parts of sign-in that need no box: room for passwords, answers that count once, names of devices."""

import threading

import pytest

from appliance.errors import Unavailable
from appliance.web.signin import devices, pending
from appliance.web.signin.hashing import Hashing
from appliance.web.signin.pending import Pending


def test_only_so_many_passwords_are_worked_out_and_who_comes_too_late_is_told_and_counted():
    hashing = Hashing(at_once=1, waiting=1, seconds=5)
    inside, done = threading.Event(), threading.Event()

    def waits():
        with hashing:
            inside.set()

    with hashing:
        thread = threading.Thread(target=waits)
        thread.start()
        while hashing.waiting == 0:
            done.wait(0.001)
        with pytest.raises(Unavailable, match="many people sign in") as caught, hashing:
            pass
        assert "try again" in caught.value.hint
        assert hashing.facts() == {"passwords_waiting": 1, "passwords_refused": 1}
        assert not inside.is_set()
    thread.join()
    assert inside.is_set()
    assert hashing.waiting == 0


def test_who_waits_too_long_is_told_and_the_room_is_not_lost():
    hashing = Hashing(at_once=1, waiting=4, seconds=0.01)
    with hashing, pytest.raises(Unavailable), hashing:
        pass
    assert hashing.refused == 1
    with hashing:
        pass


def test_what_was_asked_is_answered_once_for_what_it_was_asked_and_in_time(monkeypatch):
    asked = Pending()
    name = asked.ask("prove", user="lea")
    assert asked.take(name, "prove") == {"user": "lea"}
    assert asked.take(name, "prove") is None
    assert asked.take(asked.ask("add"), "prove") is None
    late = asked.ask("prove")
    now = pending.time.monotonic()
    monkeypatch.setattr(pending.time, "monotonic", lambda: now + pending.SECONDS + 1)
    assert asked.take(late, "prove") is None


def test_the_oldest_is_dropped_and_counted_when_too_much_waits():
    asked = Pending(bound=2)
    first = asked.ask("prove")
    second = asked.ask("prove")
    asked.ask("prove")
    assert asked.take(first, "prove") is None
    assert asked.take(second, "prove") == {}
    assert asked.facts() == {"sign_in_dropped": 1}


@pytest.mark.parametrize(
    ("agent", "named"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("curl/8", "a device that does not say what it is"),
        ("", "a device that does not say what it is"),
    ],
)
def test_a_device_has_a_name_that_a_person_knows(agent, named):
    words = {"signin.device": "{browser} on {system}", "signin.device_unknown": "a device that does not say what it is"}
    assert devices.named(agent, lambda key, **values: words[key].format(**values)) == named
