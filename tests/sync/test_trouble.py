from appliance.errors import Unavailable
from appliance.sync.trouble import UPSTREAM, Pause, Trouble


def trouble() -> tuple[Trouble, list[str]]:
    said: list[str] = []
    made = Trouble(say=lambda where, error: said.append(f"{where}: {error}"))
    return made, said


def test_a_cause_is_said_once_until_it_works_again():
    it, said = trouble()
    for _ in range(3):
        it.failed(UPSTREAM, Unavailable("away"))
    it.failed(UPSTREAM, Unavailable("full"))
    assert said == ["upstream: away", "upstream: full"]
    assert (it.failures, it.failing) == (4, "full")
    it.works(UPSTREAM)
    assert it.failing == ""
    it.failed(UPSTREAM, Unavailable("away"))
    assert len(said) == 3


def test_one_object_that_fails_does_not_count_as_well_because_another_works():
    it, said = trouble()
    it.failed("a/x", Unavailable("other content"))
    it.works("a/y")
    assert it.failing == "other content"
    it.failed("a/x", Unavailable("other content"))
    assert len(said) == 1
    it.works("a/x")
    assert it.failing == ""


def test_pauses_double_to_a_limit_with_some_chance_in_them():
    clock = [0.0]
    pause = Pause(first=1, longest=60, monotonic=lambda: clock[0])
    assert pause.over
    for middle in (1, 2, 4, 8, 16, 32, 60, 60, 60):
        began = clock[0]
        pause.begin()
        while not pause.over:
            clock[0] += 0.01
        assert middle / 2 <= clock[0] - began <= middle * 1.5 + 0.02
    pause.begin()
    pause.reset()
    assert pause.over


def test_its_memory_is_bounded():
    it, said = trouble()
    for number in range(1500):
        it.failed(str(number), Unavailable("away"))
    assert len(said) == 1500
    it.failed("0", Unavailable("away"))  # forgotten meanwhile: said twice rather than kept for ever
    assert len(said) == 1501
