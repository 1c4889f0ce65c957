"""The live tests of the setup page: each with what is well and what is not."""

import datetime
import io
import json
import math
import socket
import struct
import threading
import time

import pytest

from appliance.box.authority import Authority
from appliance.errors import NotFound, Unavailable
from appliance.web.setup import handshake, link, lockout, resolving, round_trip, sntp
from appliance.web.setup.finding import Finding, State
from appliance.web.strings import Catalogue

NOW = datetime.datetime.now(datetime.UTC)
WORDS = Catalogue.load(strict=True)


def codes(findings):
    return [(one.code, one.state.value) for one in findings]


# --- network ---


def test_a_card_with_a_cable_is_told_from_one_without(tmp_path):
    for name, carrier in (("enp1s0", "1"), ("enp2s0", "0"), ("lo", "1"), ("veth0", "1")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "carrier").write_text(f"{carrier}\n")
        if name.startswith("enp"):
            (tmp_path / name / "device").mkdir()
    assert link.wires(tmp_path) == [link.Wire("enp1s0", True), link.Wire("enp2s0", False)]
    assert link.wires(tmp_path / "nothing") == []


def test_the_gateway_is_read_as_the_kernel_says_it(tmp_path):
    file = tmp_path / "route"
    head = "Iface\tDestination\tGateway\tFlags\tRefCnt\n"
    file.write_text(head + "eth0\t0000A8C0\t00000000\t0001\t0\n")
    assert link.gateway(file) is None
    file.write_text(head + "eth0\t00000000\t0100A8C0\t0003\t0\n")
    assert str(link.gateway(file)) == "192.168.0.1"


def test_a_neighbour_that_answers_is_known_by_its_hardware(tmp_path):
    file = tmp_path / "arp"
    head = "IP address HW type Flags HW address Mask Device\n"
    file.write_text(head + "127.0.0.9 0x1 0x2 02:00:00:00:00:01 * eth0\n")
    assert link.answers("127.0.0.9", arp=file)
    file.write_text(head + "127.0.0.9 0x1 0x0 00:00:00:00:00:00 * eth0\n")
    assert not link.answers("127.0.0.9", seconds=0.0, arp=file, wait=lambda _: None)


@pytest.mark.parametrize(
    ("address", "there", "said"),
    [
        ("10.4.7.20/24", True, "fixed_taken"),
        ("10.4.7.20/24", False, "fixed_free"),
        ("10.9.7.20/24", False, "fixed_elsewhere"),
        ("10.4.7.1/24", True, "fixed_mine"),
    ],
)
def test_a_fixed_address_is_tried_before_it_is_taken(address, there, said):
    (found,) = link.fixed(address, frozenset({"10.4.7.1"}), there=lambda _: there)
    assert found.code == said


def test_a_name_is_resolved_or_is_said_to_be_unknown(monkeypatch):
    assert resolving.look("localhost").state is State.GOOD
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(socket.gaierror))
    assert resolving.look("box.test").code == "name_unknown"


def test_a_resolver_that_hangs_holds_nobody(monkeypatch):
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: over.wait(2) and [])
    assert resolving.look("box.test", seconds=0.01).code == "name_silent"
    over.set()


# --- time ---


def answer(nonce, *, ahead=0.0, first=0x24, stratum=2, sent=1000.0):
    """What a time server says that is `ahead` of a client who asked at `sent`, 20 ms away each way."""

    def parts(at):
        return math.floor(at) + 2_208_988_800, int((at % 1) * (1 << 32))

    times = (*parts(0), *(nonce, nonce), *parts(sent + 0.02 + ahead), *parts(sent + 0.02 + ahead))
    return struct.pack("!BBbb11I", first, stratum, 6, -20, 0, 0, 0, *times)


@pytest.mark.parametrize("ahead", [0.0, 3.5, -86400.25])
def test_how_wrong_the_clock_is_follows_from_one_answer(ahead):
    found = sntp.read(answer(7, ahead=ahead), nonce=7, sent=1000.0, came=1000.04, server="t")
    assert found.offset == pytest.approx(ahead, abs=1e-3)
    assert found.delay == pytest.approx(0.04, abs=1e-3)


@pytest.mark.parametrize(
    "wrong",
    [b"short", answer(8), answer(7, first=0xE4), answer(7, stratum=0), answer(7, first=0x23)],
    ids=["short", "another question's", "unsynchronised", "kiss of death", "no server"],
)
def test_an_answer_that_cannot_be_believed_is_none(wrong):
    with pytest.raises(Unavailable):
        sntp.read(wrong, nonce=7, sent=1000.0, came=1000.04, server="t")


def test_a_real_server_is_asked_over_a_real_line():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve():
            question, whom = server.recvfrom(100)
            nonce = struct.unpack_from("!I", question, 40)[0]
            server.sendto(answer(nonce, ahead=-0.02, sent=time.time()), whom)

        thread = threading.Thread(target=serve)
        thread.start()
        found = sntp.ask("127.0.0.1", port=server.getsockname()[1])
        thread.join()
    assert abs(found.offset) < 0.5


def test_clocks_are_judged_in_words():
    def silent(server):
        raise Unavailable(f"{server} is silent")

    assert codes(sntp.look(("a",), asked=lambda _: sntp.Reading(0.1, 0.01))) == [("server", "good")]
    assert codes(sntp.look(("a",), asked=lambda _: sntp.Reading(-9.0, 0.01))) == [("server_off", "warn")]
    assert codes(sntp.look(("a", "b"), asked=silent)) == [("server_silent", "warn")] * 2
    assert sntp.compared(1000.0, box=1030.0).state is State.GOOD
    off = sntp.compared(1000.0, box=1000.0 + 90_061)
    assert (off.state, off.values["off"]) == (State.WARN, "1 d 1:01:01")


# --- certificate ---


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("keys"))


def pair(authority, names, *, now=NOW):
    """(certificate and its issuer, key), PEM."""
    pem = authority.leaf(names, [], now=now).pem.decode()
    key, _, rest = pem.partition("-----BEGIN CERTIFICATE-----")
    return "-----BEGIN CERTIFICATE-----" + rest, key


def test_a_certificate_is_tried_by_a_handshake_before_it_is_used(authority, tmp_path):
    chain, key = pair(authority, ["lab-1.local"])
    found = handshake.tried(chain, key, ["lab-1.local", "10.4.7.20"], now=NOW, folder=tmp_path)
    assert codes(found) == [("handshake", "good"), ("handshake_not_for", "note")]
    assert found[1].values["names"] == "10.4.7.20"
    assert codes(handshake.tried(chain, key, ["other.local"], now=NOW, folder=tmp_path)) == [("handshake_name", "bad")]
    assert not list(tmp_path.iterdir()), "no key is left lying"


def test_a_key_of_another_certificate_is_said(authority, tmp_path):
    chain, _ = pair(authority, ["lab-1.local"])
    _, other = pair(authority, ["lab-2.local"])
    assert codes(handshake.tried(chain, other, ["lab-1.local"], now=NOW, folder=tmp_path)) == [
        ("handshake_pair", "bad")
    ]


def test_where_nobody_answers_or_nobody_speaks_tls_it_is_said(authority):
    with socket.create_server(("127.0.0.1", 0)) as plain:
        port = plain.getsockname()[1]
        thread = threading.Thread(target=lambda: plain.accept()[0].close())
        thread.start()
        met = handshake.meet("box.local", host="127.0.0.1", port=port, ca=None)
        thread.join()
    assert met.wrong in ("no_tls", "no_answer")
    assert handshake.meet("box.local", host="127.0.0.1", port=port, ca=None).wrong == "no_answer"


# --- the store ---


def test_a_folder_gets_a_small_file_and_gives_it_back(tmp_path):
    place = round_trip.Place(folder=str(tmp_path), site="physics", box="lab-1", data=str(tmp_path))
    assert round_trip.go(place) < 5
    (sent,) = tmp_path.rglob("physics/lab-1/setup/*.txt")
    assert sent.read_text().startswith("setup ")


def test_a_folder_that_is_not_mounted_is_said(tmp_path):
    with pytest.raises(Unavailable, match="there is no folder") as said:
        round_trip.go(round_trip.Place(folder=str(tmp_path / "stick"), data=str(tmp_path)))
    assert "mounted" in said.value.hint


def test_a_store_that_gives_back_something_else_is_no_store():
    class Forgetful:
        def put(self, *_, **__):
            return True

        def confirm(self, *_, **__):
            return True

        def read(self, key):
            yield b"else"

    with pytest.raises(Unavailable, match="something else"):
        round_trip._trip(Forgetful(), "a/b/")


def test_a_store_that_hangs_is_given_up(monkeypatch, tmp_path):
    hangs = tmp_path / "hangs"
    hangs.write_text("#!/bin/sh\nexec sleep 9\n")
    hangs.chmod(0o700)
    monkeypatch.setattr(round_trip.sys, "executable", str(hangs))
    found = round_trip.look(round_trip.Place(), seconds=0.05)
    assert (found.code, found.values["seconds"]) == ("store_silent", "0")


def test_a_test_that_breaks_off_is_said(monkeypatch):
    monkeypatch.setattr(round_trip.sys, "executable", "/bin/true")
    assert round_trip.look(round_trip.Place()).code == "store_broken"


def test_what_the_store_says_comes_out_in_its_own_words(monkeypatch, capsys):
    monkeypatch.setattr(round_trip.sys, "stdin", io.StringIO(json.dumps({"url": "ftp://a"})))
    round_trip.main()
    assert set(json.loads(capsys.readouterr().out)) == {"error", "hint"}


# --- words, and the code ---


def test_a_finding_is_a_sentence_in_the_pages_language_or_the_stores_own():
    said = Finding(about="clock", state=State.WARN, code="server_off", values={"server": "t", "off": "9.00"})
    assert said.to_json(WORDS) == {
        "about": "Clock", "state": "warn", "state_word": "please look",
        "sentence": "t answers; the box's clock is off by 9.00 s.", "hint": "It is set right when setup is finished.",
        "foreign": "",
    }  # fmt: skip
    own = Finding.of_error("store", NotFound("there is no bucket b", hint="Make it.")).to_json(WORDS)
    assert (own["sentence"], own["hint"], own["foreign"]) == ("There is no bucket b.", "Make it.", "en")


def test_wrong_codes_make_an_address_wait_and_time_forgives():
    known = lockout.Lockout(most=2)
    for second in range(3):
        assert known.wait("a", second) == 0.0
        known.wrong("a", float(second))
    assert known.wait("a", 2.0) == 10.0
    known.wrong("a", 20.0)
    assert known.wait("a", 20.0) == 20.0
    assert known.wait("b", 20.0) == 0.0
    assert known.wait("a", 20.0 + lockout.FORGET_SECONDS + 1) == 0.0
    known.wrong("b", 21.0)
    known.wrong("c", 22.0)
    assert (known.wait("a", 22.0), known.forgotten) == (0.0, 1), "the memory is bounded, and says so"
    assert lockout.pause(100) == lockout.LONGEST_SECONDS
