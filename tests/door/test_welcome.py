"""The plain page where the box serves HTTPS: a certificate, a fingerprint, an address, and nothing else."""

import asyncio
import ipaddress

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509

from appliance.box.authority import Authority, own_names
from appliance.door.connections import Connections
from appliance.door.welcome import Welcome, address_of, host_of
from appliance.web.strings import Catalogue

HOME = ipaddress.ip_address("192.168.7.20")
SIX = ipaddress.ip_address("fd00::2")


def at_the_page(tmp_path, work, language="en"):
    """`work(ask, authority)`; `ask(method, path, host)` -> (status, body, headers)."""

    async def run():
        authority = Authority(tmp_path)
        leaf = authority.leaf(own_names(), [HOME, SIX])
        welcome = Welcome(authority, leaf, Catalogue.load(language=language, strict=True), port=8443)
        runner = web.ServerRunner(Connections(welcome.answer))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        url = f"http://127.0.0.1:{site._server.sockets[0].getsockname()[1]}"
        try:
            async with aiohttp.ClientSession() as http:

                async def ask(method, path, host="192.168.7.20:8080"):
                    async with http.request(
                        method, url + path, headers={"Host": host}, allow_redirects=False
                    ) as answer:
                        return answer.status, await answer.read(), answer.headers

                return await work(ask, authority)
        finally:
            await runner.cleanup()

    return asyncio.run(run())


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_page_says_what_to_do(tmp_path, language):
    async def work(ask, authority):
        status, body, headers = await ask("GET", "/")
        text = body.decode()
        assert status == 200
        assert authority.fingerprint in text
        assert 'href="/box.crt"' in text
        assert 'href="https://192.168.7.20:8443"' in text
        assert f'lang="{language}"' in text
        assert "script-src" not in headers["Content-Security-Policy"]
        assert "<script" not in text

    at_the_page(tmp_path, work, language)


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("[fd00::2]:8080", "https://[fd00::2]:8443"),
        (f"{own_names()[0]}.local", f"https://{own_names()[0]}.local:8443"),
        ("evil.test", "https://192.168.7.20:8443"),
        ('"><script>', "https://192.168.7.20:8443"),
    ],
)
def test_the_address_is_the_name_that_was_asked_for_if_it_is_the_boxs(tmp_path, host, address):
    async def work(ask, _authority):
        _, body, _ = await ask("GET", "/", host)
        assert f'href="{address}"' in body.decode()
        assert host not in body.decode() or host in address or "[" in host or ".local" in host

    at_the_page(tmp_path, work)


def test_the_certificate_comes_in_both_shapes_and_without_its_key(tmp_path):
    async def work(ask, authority):
        _, pem, headers = await ask("GET", "/box.pem")
        assert x509.load_pem_x509_certificate(pem) == authority.certificate
        assert "attachment" in headers["Content-Disposition"]
        _, der, headers = await ask("GET", "/box.crt")
        assert x509.load_der_x509_certificate(der) == authority.certificate
        assert headers["Content-Type"] == "application/x-x509-ca-cert"
        assert b"PRIVATE" not in pem + der

    at_the_page(tmp_path, work)


def test_nothing_else_is_answered_in_plain(tmp_path):
    async def work(ask, _authority):
        for path in ("/wall", "/whip/a1/webcam", "/keys/authority.pem", "/api/me"):
            status, body, headers = await ask("GET", path)
            assert (status, body, headers["Location"]) == (303, b"", "/")
        for method in ("POST", "DELETE", "PUT"):
            status, body, _ = await ask(method, "/whip/a1/webcam")
            assert status == 405
            assert b"HTTPS only" in body

    at_the_page(tmp_path, work)


def test_hosts_and_addresses_are_spelled_as_urls_want_them():
    assert [host_of(host) for host in ("Box.Local:80", "[FD00:0::2]:80", "10.0.0.1")] == [
        "box.local", "fd00::2", "10.0.0.1"
    ]  # fmt: skip
    assert [address_of("fd00::2", 8443), address_of("box", 443)] == ["https://[fd00::2]:8443", "https://box"]
