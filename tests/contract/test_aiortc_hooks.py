"""aiortc has no public way to receive encoded frames: what capture/hooks.py takes instead must still be there."""

import aioice.turn
from aiortc import rtcrtpreceiver

from appliance.capture import contract, hooks


def test_every_private_name_is_where_the_hooks_expect_it():
    assert contract.check() == []


def test_a_name_that_moved_is_told_in_words(monkeypatch):
    source = contract.inspect.getsource
    monkeypatch.setattr(
        contract.inspect,
        "getsource",
        lambda module: source(module).replace("_send_rtcp_pli", "_pli") if module is rtcrtpreceiver else source(module),
    )
    said = contract.check()
    assert len(said) == 1
    assert "aiortc.rtcrtpreceiver has no 'async def _send_rtcp_pli" in said[0]


def test_another_version_is_told_in_words(monkeypatch):
    monkeypatch.setitem(contract.VERSIONS, "aiortc", "9.9.9")
    assert contract.check() == ["aiortc is 1.16.0, these hooks were written for 9.9.9"]


def test_sockets_get_a_large_receive_buffer():
    hooks.prepare()
    hooks.prepare()  # harmless
    assert aioice.turn.UDP_SOCKET_BUFFER_SIZE >= 2_000_000
