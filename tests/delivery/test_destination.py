"""What a DSN or the address of a Spotlight says, and how mistakes in them are told."""

from __future__ import annotations

import pytest

from tests.delivery.endpoint import KEY
from translator.delivery.destination import SPOTLIGHT_URL, Destination
from translator.errors import ConfigurationError

PARTS = [
    ("https://K@o1.ingest.sentry.io/42", "https://o1.ingest.sentry.io/api/42/envelope/"),
    ("http://K@localhost:9000/1", "http://localhost:9000/api/1/envelope/"),
    ("https://K@sentry.example:443/1", "https://sentry.example/api/1/envelope/"),
    ("https://K@example.com/a/b/5", "https://example.com/a/b/api/5/envelope/"),
    ("https://K:geheim@example.com/5", "https://example.com/api/5/envelope/"),
    ("http://K@[::1]:9000/1", "http://[::1]:9000/api/1/envelope/"),
    ("  https://K@EXAMPLE.com/5\n", "https://example.com/api/5/envelope/"),
]


@pytest.mark.parametrize(("dsn", "url"), PARTS)
def test_a_dsn_leads_to_the_envelope_endpoint(dsn: str, url: str) -> None:
    destination = Destination.from_dsn(dsn.replace("K", KEY))

    assert (destination.url, destination.public_key) == (url, KEY)
    assert destination.wire == "span"
    assert not destination.spotlight
    assert destination.warnings == ()


@pytest.mark.parametrize(("dsn", "url"), PARTS)
def test_nothing_that_people_see_holds_the_key(dsn: str, url: str) -> None:  # noqa: ARG001
    destination = Destination.from_dsn(dsn.replace("K", KEY))

    for text in (
        destination.masked,
        destination.url,
        destination.identity,
        repr(destination),
        f"{destination}",
    ):
        assert KEY not in text
        assert "geheim" not in text


def test_the_masked_dsn_reads_like_a_dsn() -> None:
    destination = Destination.from_dsn(f"https://{KEY}@example.com:8443/a/5")

    assert destination.masked == "https://***@example.com:8443/a/5"
    assert destination.host == "example.com:8443"


def test_the_identity_is_of_the_project_and_not_of_the_key() -> None:
    def identity(dsn: str) -> str:
        return Destination.from_dsn(dsn).identity

    one = identity(f"https://{KEY}@example.com/5")

    assert len(one) == 16
    assert one == identity(f"https://{KEY[::-1]}@example.com:443/5")
    others = [f"https://{KEY}@example.com/6", f"http://{KEY}@example.com/5", f"https://{KEY}@example.com/a/5",
              f"https://{KEY}@example.com:444/5", f"https://{KEY}@example.org/5"]  # fmt: skip
    assert len({one, *map(identity, others)}) == 6


def test_a_key_of_another_length_is_taken_with_a_warning() -> None:
    destination = Destination.from_dsn("http://geheim@127.0.0.1:8969/1")

    (warning,) = destination.warnings
    assert "6 characters, not 32" in warning
    assert "geheim" not in warning


@pytest.mark.parametrize(
    ("dsn", "finding"),
    [
        ("", "does not begin with https://"),
        ("geheim", "does not begin with https://"),
        ('"https://geheim@example.com/1"', "does not begin with https://"),
        ("ftp://geheim@example.com/1", "does not begin with https://"),
        ("https://geheim/1", "no public key"),
        ("https://:geheim@example.com/1", "no public key"),
        ("https://geheim@/1", "no host"),
        ("https://geheim@example.com:0/1", "no host"),
        ("https://geheim@example.com:geheim/1", "host or port that cannot be"),
        ("https://geheim@[::1/1", "host or port that cannot be"),
        ("https://geheim@example.com", "does not end with the number"),
        ("https://geheim@example.com/", "does not end with the number"),
        ("https://geheim@example.com/geheim", "does not end with the number"),
        ("https://geheim@example.com/-1", "does not end with the number"),
        ("https://geheim@exam ple.com/1", "space or a control character"),
        ("https://geheim\x1b@example.com/1", "space or a control character"),
        ("https://geheimñ@example.com/1", "characters that no key has"),
    ],
)
def test_what_is_wrong_with_a_dsn_is_told_without_repeating_it(dsn: str, finding: str) -> None:
    with pytest.raises(ConfigurationError, match=finding) as caught:
        Destination.from_dsn(dsn)

    assert caught.value.hint
    assert "geheim" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("value", ["1", "on", "t", "true", "y", "yes", "TRUE", " Yes "])
def test_words_for_on_mean_the_local_spotlight(value: str) -> None:
    destination = Destination.from_spotlight(value)

    assert destination is not None
    assert destination.url == destination.masked == SPOTLIGHT_URL == "http://localhost:8969/stream"
    assert destination.wire == "transaction"
    assert len(destination.public_key) == 32
    assert destination.public_key.isascii()


@pytest.mark.parametrize("value", ["0", "f", "false", "n", "no", "off", "OFF", "", " "])
def test_words_for_off_mean_none(value: str) -> None:
    assert Destination.from_spotlight(value) is None


@pytest.mark.parametrize(
    ("value", "url"),
    [
        ("http://localhost:8969/stream", "http://localhost:8969/stream"),
        ("http://localhost:8969", "http://localhost:8969/stream"),
        ("http://localhost:8969/", "http://localhost:8969/stream"),
        ("http://localhost:8969/stream/", "http://localhost:8969/stream"),
        ("https://spotlight.test/a", "https://spotlight.test/a/stream"),
        ("https://spotlight.test/upstream", "https://spotlight.test/upstream/stream"),
        ("http://localhost:8969?client=a#b", "http://localhost:8969/stream?client=a"),
    ],
)
def test_an_address_without_stream_is_mended(value: str, url: str) -> None:
    destination = Destination.from_spotlight(value)

    assert destination is not None
    assert destination.url == url


@pytest.mark.parametrize(
    "value", ["localhost:8969", "maybe", "ftp://localhost", "http://", "http://a:geheim@b/"]
)
def test_what_is_no_address_of_a_spotlight_is_refused(value: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Destination.from_spotlight(value)

    assert caught.value.hint
    assert "geheim" not in str(caught.value)
