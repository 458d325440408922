"""What is used of sentry-sdk is there and does what is expected, whichever version is installed.

`versions.sh` beside this file runs it against the lowest version that is allowed and the newest.
"""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta

import certifi
import pytest
import urllib3
from sentry_sdk.consts import DEFAULT_OPTIONS, VERSION, EndpointType
from sentry_sdk.transport import HttpTransport, _parse_rate_limits
from sentry_sdk.utils import BadDsn, Dsn

from tests.delivery.endpoint import KEY, NOW, Endpoint, envelope, running, transport_to
from tests.loopback import Answer
from translator.delivery.destination import Destination
from translator.delivery.transport import EnvelopeTransport, serialize
from translator.errors import ConfigurationError
from translator.model import Acknowledged, Refused, Retry

DSN = f"https://{KEY}@sentry.test/7"
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
CERTIFICATES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CLIENT_CERT_FILE", "CLIENT_KEY_FILE")


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.lower() in PROXIES or name in CERTIFICATES:
            monkeypatch.delenv(name)


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with running() as started:
        yield started


def _transport(dsn: str = DSN, **options: str) -> EnvelopeTransport:
    return EnvelopeTransport(Destination.from_dsn(dsn), **options)  # type: ignore[arg-type]


def _parameters(name: str) -> list[str]:
    return list(inspect.signature(getattr(HttpTransport, name)).parameters)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("__init__", ["self", "options"]),
        ("_get_pool_options", ["self"]),
        ("_make_pool", ["self"]),
        ("_request", ["self", "method", "endpoint_type", "body", "headers"]),
        ("capture_envelope", ["self", "envelope"]),
        ("flush", ["self", "timeout", "callback"]),
    ],
)
def test_what_is_overridden_is_there_with_these_parameters(name: str, parameters: list[str]) -> None:
    assert _parameters(name) == parameters


def test_the_defaults_have_every_option_that_is_set() -> None:
    before = deepcopy(DEFAULT_OPTIONS)
    transport = _transport(http_proxy="http://127.0.0.1:9", ca_certs="bundle.pem")

    assert set(transport.options) == set(DEFAULT_OPTIONS)
    assert transport.options["dsn"] == DSN
    assert before == DEFAULT_OPTIONS


def test_making_and_using_a_transport_starts_no_thread(endpoint: Endpoint) -> None:
    before = {thread.name for thread in threading.enumerate()}
    with transport_to(endpoint.dsn) as transport:
        transport.send(envelope(), NOW)
        transport.flush(1.0)

        new = {thread.name for thread in threading.enumerate()} - before
        assert not any("sentry" in name.lower() for name in new)


@pytest.mark.parametrize(
    "dsn",
    [
        DSN,
        f"http://{KEY}@127.0.0.1:9000/1",
        f"https://{KEY}@sentry.test:443/007",
        f"https://{KEY}:old-secret@sentry.test/a/b/5",
        f"https://{KEY}@o1.ingest.sentry.io/42?query=1",
    ],
)
def test_a_dsn_means_what_it_means_to_the_sdk(dsn: str) -> None:
    theirs = Dsn(dsn)
    ours = Destination.from_dsn(dsn)
    auth = theirs.to_auth("client")

    assert ours.url == auth.get_api_url(EndpointType.ENVELOPE) == auth.get_api_url()
    assert ours.public_key == theirs.public_key
    assert Dsn(ours.dsn).to_auth("client").to_header() == auth.to_header()


@pytest.mark.parametrize(
    "dsn",
    ["", "https://sentry.test/1", "https://key@/1", "https://key@sentry.test/", "ftp://key@sentry.test/1"],
)
def test_what_the_sdk_refuses_is_refused(dsn: str) -> None:
    with pytest.raises(BadDsn):
        Dsn(dsn)
    with pytest.raises(ConfigurationError):
        Destination.from_dsn(dsn)


def test_authentication_and_user_agent_are_of_the_sdk(endpoint: Endpoint) -> None:
    with transport_to(endpoint.dsn.replace(KEY, f"{KEY}:old-secret")) as transport:
        assert transport.send(envelope(), NOW) == Acknowledged()

    (request,) = endpoint.requests
    client = f"sentry.python/{VERSION}"
    assert request.headers["user-agent"] == client
    assert request.headers["x-sentry-auth"] == (
        f"Sentry sentry_key={KEY}, sentry_version=7, sentry_client={client}, sentry_secret=old-secret"
    )


def test_the_bytes_are_ours(endpoint: Endpoint) -> None:
    with transport_to(endpoint.dsn) as transport:
        transport.send(envelope(), NOW)

    assert b"\n".join(endpoint.requests[0].lines) == serialize(envelope(), NOW)


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer(503), Retry(None, "server_error", "", 503)),
        (Answer(301, {"Location": "/elsewhere"}), Retry(None, "server_error", "", 301)),
        (Answer(429, {"Retry-After": "7"}), Retry(7.0, "rate_limited", "", 429)),
        (Answer(413, body=b""), Refused("too_large", "", 413)),
        (Answer(fault="reset"), Retry(None, "network", "", None)),
        (Answer(fault="half"), Retry(None, "network", "", None)),
        (Answer(fault="garbage"), Retry(None, "network", "", None)),
    ],
)
def test_nothing_is_repeated_followed_or_swallowed(
    endpoint: Endpoint, answer: Answer, meaning: Retry | Refused
) -> None:
    endpoint.script.append(answer)
    with transport_to(endpoint.dsn, clock=lambda: 1.0) as transport:
        got = transport.send(envelope(), NOW)

    assert isinstance(got, type(meaning))
    assert (got.reason, got.status) == (meaning.reason, meaning.status)
    if isinstance(got, Retry) and isinstance(meaning, Retry):
        assert got.after == meaning.after
    assert len(endpoint.requests) == 1


def test_rate_limits_are_parsed_to_categories_and_times() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    parsed = list(_parse_rate_limits("60:span;error:key:reason, 5::organization, x:y, 7", now))

    assert parsed == [
        ("span", now + timedelta(seconds=60)),
        ("error", now + timedelta(seconds=60)),
        (None, now + timedelta(seconds=5)),
    ]


def test_the_pool_verifies_certificates_and_has_room_for_several_threads() -> None:
    options = _transport()._get_pool_options()

    assert options["cert_reqs"] == "CERT_REQUIRED"
    assert options["ca_certs"] == certifi.where()
    assert options["socket_options"]
    assert options["maxsize"] > 1


def test_bundles_and_client_certificates_come_from_where_the_sdk_takes_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def taken(name: str, **options: str) -> object:
        return _transport(**options)._get_pool_options()[name]

    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "requests.pem")
    assert taken("ca_certs") == "requests.pem"
    monkeypatch.setenv("SSL_CERT_FILE", "ssl.pem")
    assert taken("ca_certs") == "ssl.pem"
    assert taken("ca_certs", ca_certs="told.pem") == "told.pem"
    monkeypatch.setenv("CLIENT_CERT_FILE", "client.pem")
    monkeypatch.setenv("CLIENT_KEY_FILE", "client.key")
    assert (taken("cert_file"), taken("key_file")) == ("client.pem", "client.key")


def test_proxies_come_from_the_options_and_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    def proxy(**options: str) -> str | None:
        pool = _transport(**options)._pool
        return str(pool.proxy) if isinstance(pool, urllib3.ProxyManager) else None

    assert proxy() is None
    assert proxy(https_proxy="http://127.0.0.1:9") == "http://127.0.0.1:9"
    assert proxy(http_proxy="http://127.0.0.1:9") == "http://127.0.0.1:9"
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:8")
    assert proxy() == "http://127.0.0.1:8"
    assert proxy(https_proxy="", http_proxy="") is None
    monkeypatch.setenv("no_proxy", "sentry.test")
    assert proxy() is None


def test_the_password_of_a_proxy_is_sent_to_it() -> None:
    pool = _transport(https_proxy="http://me:secret@127.0.0.1:9")._pool

    assert isinstance(pool, urllib3.ProxyManager)
    assert pool.connection_pool_kw["_proxy_headers"]["proxy-authorization"].startswith("Basic ")
    assert DEFAULT_OPTIONS["proxy_headers"] is None
