from hypothesis import given, settings
from hypothesis import strategies as st

from appliance.stores.port import Stored
from appliance.sync.outbox import Item, Outbox, Rank, Waiting


def item(key: str, rank: Rank = Rank.VIDEO, since: float = 0.0, owner: str = "a", size: int = 10) -> Item:
    return Item(owner=owner, exam="bio", key=key, source=key, sha256="0", size=size, since=since, rank=rank)


def drain(outbox: Outbox) -> list[str]:
    keys = []
    while (found := outbox.next(0.0)) is not None:
        outbox.done(found)
        keys.append(found.key)
    return keys


def test_ledger_then_report_then_snapshots_then_video_oldest_first_then_checks():
    outbox = Outbox()
    outbox.offer(
        [
            item("check", Rank.CHECK),
            item("new", since=9),
            item("old", since=1),
            item("shot", Rank.SNAPSHOT, 99),
            item("report", Rank.REPORT, 99),
            item("ledger", Rank.LEDGER, 99),
        ]
    )
    assert drain(outbox) == ["ledger", "report", "shot", "old", "new", "check"]


def test_it_is_bounded_and_counts_what_it_left_in_the_ledger():
    outbox = Outbox(capacity=3)
    assert outbox.offer(item(str(n)) for n in range(5)) == 2
    assert (outbox.beyond, outbox.backlog()[0]) == (2, 5)
    assert drain(outbox) == ["0", "1", "2"]
    assert outbox.offer(item(str(n)) for n in range(5)) == 0
    assert drain(outbox) == ["3", "4"]


def test_what_goes_before_recordings_does_not_wait_for_room_behind_them():
    outbox = Outbox(capacity=2)
    outbox.offer(item(str(n)) for n in range(5))
    assert outbox.offer([item("ledger", Rank.LEDGER), item("report", Rank.REPORT), item("x", Rank.REPORT)]) == 1
    assert drain(outbox) == ["ledger", "report", "0", "1"]


def test_the_same_again_is_not_sent_again():
    outbox = Outbox()
    outbox.offer([item("x"), item("x")])
    assert drain(outbox) == ["x"]
    outbox.offer([item("x")])
    assert drain(outbox) == []


def test_what_was_offered_under_another_rank_goes_with_the_newer():
    outbox = Outbox()
    outbox.offer([item("x", Rank.VIDEO), item("y", Rank.SNAPSHOT)])
    outbox.offer([item("x", Rank.LEDGER)])
    assert drain(outbox) == ["x", "y"]
    assert outbox.left("a") == 0


def test_what_is_parked_waits_and_holds_up_nobody():
    outbox = Outbox()
    outbox.offer([item("x", since=1), item("y", since=2)])
    outbox.park("x", 60.0)
    assert outbox.parked == 1
    found = outbox.next(0.0)
    assert found is not None
    assert found.key == "y"
    outbox.done(found)
    assert outbox.next(59.0) is None
    found = outbox.next(60.0)
    assert found is not None
    assert found.key == "x"


def test_what_is_damaged_is_settled_until_it_is_tried_again():
    outbox = Outbox()
    outbox.offer([item("x")])
    outbox.lose(item("x"), "gone")
    assert outbox.left("a") == 0
    assert outbox.offer([item("x")]) == 0
    assert outbox.next(0.0) is None
    outbox.again("a")
    outbox.offer([item("x")])
    assert outbox.next(0.0) is not None


def test_the_backlog_is_what_the_store_does_not_have():
    outbox = Outbox()
    assert outbox.backlog() == (0, 0, None)
    outbox.offer([item("x", since=5, size=7), item("y", since=3, size=1), item("z", Rank.CHECK)])
    assert outbox.backlog() == (2, 8, 3)
    assert outbox.to_check == 1


def test_a_bundle_takes_over_what_waits_for_somebody_else():
    outbox = Outbox()
    outbox.offer([item("x", owner="lost")])
    outbox.offer([item("x", owner="a")])
    assert (outbox.left("lost"), outbox.left("a"), outbox.backlog()[0]) == (0, 1, 1)
    assert drain(outbox) == ["x"]
    assert outbox.left("a") == 0


def test_the_backlog_of_each_owner_is_kept_as_things_are_offered_checked_sent_and_left_outside():
    outbox = Outbox(capacity=3)
    outbox.offer([item("1", since=3, size=5), item("2", Rank.REPORT, since=9, size=2), item("3", since=1, size=1)])
    outbox.offer([item("4", owner="b", since=7, size=100)])
    assert outbox.waiting()["a"] == Waiting(exam="bio", objects=3, bytes=8, video=6, since=1)
    assert outbox.waiting()["b"] == Waiting(exam="bio", objects=1, bytes=100, video=100, since=7)
    outbox.listed("a", {"3": Stored("3", 1), "1": Stored("1", 4)})  # the one as long as ours is there
    assert outbox.waiting()["a"] == Waiting(exam="bio", objects=2, bytes=7, video=5, since=3)
    assert outbox.to_check == 1
    assert drain(outbox) == ["2", "1", "3"]
    assert "a" not in outbox.waiting()
    outbox.offer([item("4", owner="b", since=7, size=100)])
    assert outbox.waiting()["b"].objects == 1
    assert drain(outbox) == ["4"]
    assert outbox.waiting() == {}


def test_video_waits_where_it_may_not_go_and_everything_else_goes():
    outbox = Outbox()
    outbox.offer([item("v"), item("r", Rank.REPORT), item("c", Rank.CHECK)])
    assert [found.key for _ in range(3) if (found := outbox.next(0.0, video=False))] == ["r", "c"]
    outbox = Outbox()
    outbox.offer([item("v"), item("r", Rank.REPORT)])
    assert [found.key for _ in range(3) if (found := outbox.next(0.0, resting={"bio"}))] == ["r"]


def test_what_was_handed_out_is_not_handed_out_twice_and_keeps_its_place():
    outbox = Outbox()
    outbox.offer([item("x", since=1), item("y", since=2)])
    first = outbox.next(0.0)
    assert first is not None
    second = outbox.next(0.0)
    assert second is not None
    assert (first.key, second.key, outbox.next(0.0)) == ("x", "y", None)
    outbox.back(first)
    assert outbox.next(0.0, avoid={"x"}) == first, "there is nothing else"
    outbox.back(first)
    outbox.back(second)
    assert outbox.next(0.0, avoid={"x"}) == second


def test_an_owner_of_whom_the_store_was_not_asked_waits():
    outbox = Outbox()
    outbox.hold("a")
    outbox.offer([item("x"), item("y", owner="b")])
    assert drain(outbox) == ["y"]
    outbox.listed("a", {})
    assert drain(outbox) == ["x"]


def test_an_owner_is_forgotten_and_the_others_are_not():
    outbox = Outbox()
    outbox.offer([item("x", owner="a"), item("y", owner="b")])
    outbox.forget("a")
    assert (outbox.left("a"), outbox.left("b")) == (0, 1)
    assert drain(outbox) == ["y"]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from(list(Rank)), st.sampled_from("pq"))), st.data())
def test_what_is_left_is_what_was_offered_and_not_settled(offers, data):
    outbox = Outbox(capacity=4)
    waiting: dict[str, str] = {}
    settled: set[str] = set()
    for key, rank, owner in offers:
        name = owner + key
        taken = outbox.offer([item(name, rank, owner=owner)]) == 0
        if taken and name not in settled:
            waiting[name] = owner
        if data.draw(st.booleans()):
            found = outbox.next(0.0)
            assert (found is None) == (not waiting)
            if found is not None:
                outbox.done(found)
                del waiting[found.key]
                settled.add(found.key)
        for one in "pq":
            assert outbox.left(one) == sum(name == one for name in waiting.values())
