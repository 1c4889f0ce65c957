"""Media comes in by the ports that the settings name, over IPv4 and IPv6, with large buffers, and nobody else is asked
who we are."""

import asyncio
import socket
import time

import pytest
from aioice.ice import get_host_addresses
from aiortc import RTCPeerConnection

from appliance.capture import candidates, datagrams, hooks
from appliance.capture.loop import Loop
from appliance.capture.publish import close, configuration, negotiate
from appliance.config import CaptureSettings
from appliance.errors import ConfigError, Unavailable
from tests.capture.peers import Candidate, until


class Echo(asyncio.DatagramProtocol):
    """Sends back what it gets."""

    def __init__(self):
        self.got, self.lost, self.errors = [], False, []

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        self.got.append(data)
        if data == b"fault":
            raise RuntimeError("a fault of this protocol")
        self.transport.sendto(data, addr)

    def error_received(self, error):
        self.errors.append(error)

    def connection_lost(self, error):
        self.lost = True


def run(work, ports=range(0)):
    with asyncio.Runner(loop_factory=lambda: Loop(ports)) as runner:
        return runner.run(work(runner.get_loop()))


def free_ports(count):
    """A range in which nothing is bound just now."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        first = min(probe.getsockname()[1], 65_535 - count)
    return range(first, first + count)


def port_of(transport):
    return transport.get_extra_info("sockname")[1]


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_sockets_take_their_ports_from_the_range_and_carry_datagrams(host):
    ports = free_ports(20)

    async def work(loop):
        one, here = await loop.create_datagram_endpoint(Echo, local_addr=(host, 0))
        two, there = await loop.create_datagram_endpoint(Echo, local_addr=(host, 0))
        assert port_of(one) in ports
        assert port_of(two) in ports
        one.sendto(b"hello", (host, port_of(two)))
        await until(lambda: here.got)
        assert (there.got[0], here.got[0]) == (b"hello", b"hello")
        one.close()
        one.close()  # harmless
        two.abort()
        await until(lambda: here.lost and there.lost)
        assert loop.facts()["sockets"] == 0

    run(work, ports)


def test_two_workers_share_a_range():
    ports = free_ports(16)

    async def work(loop):
        other, transports = Loop(ports), []
        for at in range(16):
            owner = loop if at % 2 else other
            transports.append(datagrams.bind("127.0.0.1", owner._choice()))
        assert {one.getsockname()[1] for one in transports} == set(ports)
        with pytest.raises(OSError, match="every UDP port"):
            await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        assert loop.facts()["refused"] == 1
        for one in transports:
            one.close()
        other.close()

    run(work, ports)


def test_buffers_are_as_large_as_the_machine_allows():
    with open("/proc/sys/net/core/rmem_max") as file:
        most = int(file.read())
    with datagrams.bind("127.0.0.1", [0]) as sock:
        given = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
        assert given >= 2 * min(most, datagrams.BUFFER_BYTES)  # the kernel doubles it for its own use
        assert given > 2 * 212_992 or most <= 212_992


def test_one_protocols_fault_holds_up_no_other(caplog):
    async def work(loop):
        one, here = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        two, there = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        two.sendto(b"fault", ("127.0.0.1", port_of(one)))
        await until(lambda: here.got)
        one.sendto(b"still here", ("127.0.0.1", port_of(two)))
        await until(lambda: there.got)
        for transport in (one, two):
            transport.close()

    run(work)
    assert "a datagram could not be handled" in caplog.text


def test_what_cannot_be_sent_is_counted():
    async def work(loop):
        one, here = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        one.sendto(bytes(100_000), ("127.0.0.1", port_of(one)))  # no datagram is that long
        assert (loop.facts()["unsent"], len(here.errors)) == (1, 1)
        one.close()
        one.sendto(b"too late", ("127.0.0.1", 9))

    run(work)


def test_many_at_once_are_read_together_and_in_order():
    async def work(loop):
        one, here = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(3000):
                sender.sendto(number.to_bytes(2, "big"), ("127.0.0.1", port_of(one)))
            began = time.monotonic()
            await until(lambda: len(here.got) == 3000)
        assert here.got == [number.to_bytes(2, "big") for number in range(3000)]
        assert time.monotonic() - began < 2
        one.close()

    run(work)


@pytest.mark.parametrize("written", ["50000", "a-b", "50499-50000", "80-2000", "50000-70000", "50000-50003"])
def test_a_range_that_makes_no_sense_is_refused_in_words(written):
    with pytest.raises(ConfigError, match="udp_ports is"):
        CaptureSettings(udp_ports=written)


def test_a_range_of_ports():
    assert CaptureSettings().ports == range(50_000, 51_000)
    assert CaptureSettings(udp_ports="").ports == range(0)
    assert CaptureSettings(udp_ports="50000-50499").ports == range(50_000, 50_500)


NAMED = (
    "a=candidate:1 1 udp 2113937151 5f3c.local 51234 typ host generation 0\r\n"
    "a=candidate:2 1 udp 2113937150 192.0.2.7 51235 typ host generation 0\r\n"
)


def test_names_are_left_out_and_then_more_candidates_are_expected():
    offer = f"v=0\r\n{NAMED}a=end-of-candidates\r\na=mid:0\r\n"
    assert candidates.without_names(offer) == f"v=0\r\n{NAMED.splitlines(True)[1]}a=mid:0\r\n"
    plain = offer.replace(NAMED.splitlines(True)[0], "")
    assert candidates.without_names(plain) == plain


@pytest.mark.slow
def test_a_browser_that_hides_its_address_is_answered_at_once_and_connects():
    async def work(loop):
        hooks.prepare()
        connection, candidate = RTCPeerConnection(configuration()), Candidate("h264")
        offer, hidden = await candidate.offer(), []
        for number, line in enumerate(offer.splitlines(True)):
            words = line.split(" ")
            if line.startswith("a=candidate:"):
                words[4] = f"hidden-{number}.local"
            hidden.append(" ".join(words))
        assert any(".local" in line for line in hidden)
        began = time.monotonic()
        answer = await negotiate(connection, "".join(hidden))
        assert time.monotonic() - began < 0.5
        await candidate.accept(answer)
        await until(lambda: connection.connectionState == "connected")
        await candidate.close()
        await close(connection)

    run(work)


@pytest.mark.slow
def test_without_a_free_port_a_connection_is_refused_in_words():
    ports = free_ports(16)

    async def work(loop):
        hooks.prepare()
        candidate = Candidate("h264")
        offer = await candidate.offer()
        taken = []
        for host in {line.split(" ")[4] for line in offer.splitlines() if line.startswith("a=candidate:")}:
            taken += [datagrams.bind(host, [port]) for port in ports if _free(host, port)]
        connection = RTCPeerConnection(configuration())
        with pytest.raises(Unavailable, match="no UDP port left"):
            await negotiate(connection, offer)
        assert loop.facts()["refused"] >= 1
        await close(connection)
        await candidate.close()
        for one in taken:
            one.close()

    async def offered(loop):
        return await work(loop)

    run(offered, ports)


def _free(host, port):
    try:
        datagrams.bind(host, [port]).close()
    except OSError:
        return False
    return True


@pytest.mark.slow
def test_nobody_is_asked_who_we_are(monkeypatch):
    """The only datagrams go to the peer's candidates: no STUN server, no multicast."""
    sent = set()
    send = datagrams.Datagrams.sendto

    def noting(self, data, addr=None):
        sent.add(addr[:2])
        send(self, data, addr)

    monkeypatch.setattr(datagrams.Datagrams, "sendto", noting)

    async def work(loop):
        hooks.prepare()
        connection, candidate = RTCPeerConnection(configuration()), Candidate("h264")
        offer = await candidate.offer()
        answer = await negotiate(connection, offer)
        await candidate.accept(answer)
        await until(lambda: connection.connectionState == "connected")
        await candidate.close()
        await close(connection)
        known = {
            (line.split(" ")[4], int(line.split(" ")[5]))
            for line in (offer + answer).splitlines()
            if line.startswith("a=candidate:")
        }
        assert sent
        assert sent <= known
        hosts = {host for host, _ in known}
        assert hosts >= set(get_host_addresses(use_ipv4=True, use_ipv6=True))  # IPv6 is offered where there is some

    run(work)
