"""Proxies and TLS: the SDK's part, seen from outside."""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.delivery.endpoint import KEY, NOW, Endpoint, envelope, running, transport_to
from tests.loopback import Answer, Handler
from translator.model import Acknowledged, Retry


class ProxyHandler(Handler):
    """Takes what an HTTP proxy is asked, and opens no tunnel."""

    def do_CONNECT(self) -> None:  # noqa: N802 - the name that http.server looks for
        self._answer(self.server.owner.handle("CONNECT", self.path, self._headers(), b""))


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running() as started:
        yield started


@pytest.fixture
def proxy() -> Iterator[Endpoint]:
    with running() as started:
        started.server.RequestHandlerClass = ProxyHandler
        yield started


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a certificate of our own for 127.0.0.1 and its key."""
    openssl = shutil.which("openssl")
    assert openssl is not None, "these tests need the openssl command"
    directory = tmp_path_factory.mktemp("authority")
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:TRUE",
         "-keyout", str(directory / "key.pem"), "-out", str(directory / "ca.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    return directory


@pytest.fixture
def secure(endpoint: Endpoint, authority: Path) -> Endpoint:
    """An endpoint that speaks TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "ca.pem", authority / "key.pem")
    server = endpoint.server
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    return endpoint


def _https(endpoint: Endpoint) -> str:
    return endpoint.dsn.replace("http://", "https://")


def test_http_goes_through_the_proxy_it_is_told(proxy: Endpoint) -> None:
    url = f"http://127.0.0.1:{proxy.port}"
    with transport_to(f"http://{KEY}@sentry.test/7", http_proxy=url) as transport:
        assert transport.send(envelope(), NOW) == Acknowledged(200)

    assert proxy.requests[0].path == "http://sentry.test/api/7/envelope/"


def test_the_proxy_of_the_environment_is_used(proxy: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    with transport_to(f"http://{KEY}@sentry.test/7") as transport:
        assert transport.send(envelope(), NOW) == Acknowledged(200)


def test_no_proxy_is_obeyed(endpoint: Endpoint, proxy: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with transport_to(endpoint.dsn) as transport:
        assert transport.send(envelope(), NOW) == Acknowledged(200)

    assert proxy.requests == []


def test_https_asks_the_proxy_for_a_tunnel(proxy: Endpoint) -> None:
    proxy.script.append(Answer(502))
    url = f"http://127.0.0.1:{proxy.port}"
    with transport_to(f"https://{KEY}@sentry.test/7", https_proxy=url) as transport:
        answer = transport.send(envelope(), NOW)

    assert (proxy.requests[0].method, proxy.requests[0].path) == ("CONNECT", "sentry.test:443")
    assert answer == Retry(
        None, "network", "sentry.test: the proxy: Tunnel connection failed: 502 Bad Gateway"
    )


def test_the_name_and_password_of_a_proxy_are_used_and_not_told(proxy: Endpoint) -> None:
    proxy.script.extend([Answer(407), Answer(407)])
    url = f"http://me:se%40cret@127.0.0.1:{proxy.port}"
    with transport_to(f"https://{KEY}@sentry.test/7", https_proxy=url) as transport:
        tunnel = transport.send(envelope(), NOW)
    with transport_to(f"http://{KEY}@sentry.test/7", http_proxy=url) as transport:
        plain = transport.send(envelope(), NOW)

    expected = "Basic " + b64encode(b"me:se@cret").decode()
    assert [request.headers["proxy-authorization"] for request in proxy.requests] == [expected] * 2
    assert isinstance(tunnel, Retry)
    assert isinstance(plain, Retry)
    assert "407" in tunnel.detail
    assert "407" in plain.detail
    assert "cret" not in tunnel.detail + plain.detail


def test_a_proxy_that_is_not_there_is_named_as_the_cause() -> None:
    with transport_to(f"https://{KEY}@sentry.test/7", https_proxy="http://127.0.0.1:9") as transport:
        answer = transport.send(envelope(), NOW)

    assert answer == Retry(None, "network", "sentry.test: the proxy: Connection refused")


def test_a_certificate_of_nobody_known_is_not_trusted(secure: Endpoint) -> None:
    with transport_to(_https(secure)) as transport:
        answer = transport.send(envelope(), NOW)

    assert isinstance(answer, Retry)
    assert (answer.after, answer.reason, answer.status) == (None, "network", None)
    assert answer.detail == f"127.0.0.1:{secure.port}: TLS: self-signed certificate"
    assert secure.requests == []


def test_a_bundle_makes_it_known(secure: Endpoint, authority: Path) -> None:
    with transport_to(_https(secure), ca_certs=str(authority / "ca.pem")) as transport:
        assert transport.send(envelope(), NOW) == Acknowledged(200)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_the_bundle_of_the_environment_is_used(
    variable: str, secure: Endpoint, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.setenv(variable, str(authority / "ca.pem"))
    with transport_to(_https(secure)) as transport:
        assert transport.send(envelope(), NOW) == Acknowledged(200)


def test_a_bundle_that_is_not_there_is_told(secure: Endpoint, tmp_path: Path) -> None:
    with transport_to(_https(secure), ca_certs=str(tmp_path / "missing.pem")) as transport:
        answer = transport.send(envelope(), NOW)

    assert isinstance(answer, Retry)
    assert answer.reason == "network"
    assert "No such file" in answer.detail


def test_https_to_a_server_without_tls_is_told(endpoint: Endpoint) -> None:
    with transport_to(_https(endpoint)) as transport:
        answer = transport.send(envelope(), NOW)

    assert isinstance(answer, Retry)
    assert answer.reason == "network"
    assert "TLS" in answer.detail


def test_a_name_that_leads_nowhere_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(*_: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with transport_to(f"http://{KEY}@sentry.test/7") as transport:
        answer = transport.send(envelope(), NOW)

    assert answer == Retry(None, "network", "sentry.test: no connection: Name or service not known")
