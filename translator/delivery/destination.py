"""Where to send: a Sentry project by its DSN, or a local Spotlight by its address.

Nothing of a DSN is repeated in an error: in a mistyped one the key may stand anywhere.
"""

from __future__ import annotations

import hashlib
from typing import Literal, Self
from urllib.parse import SplitResult, urlsplit

import msgspec

from translator.errors import ConfigurationError

SPOTLIGHT_URL = "http://localhost:8969/stream"
SPOTLIGHT_KEY = "spotlight0000000000000000000000a"
"""Stands for the public key that Spotlight does not have; as long as a real one."""

KEY_LENGTH = 32

_ON = frozenset(("1", "on", "t", "true", "y", "yes"))
_OFF = frozenset(("", "0", "f", "false", "n", "no", "off"))
_PORTS = {"http": 80, "https": 443}
_HINT = "copy the DSN from the project's settings, under Client Keys: https://KEY@HOST/PROJECT"
_SPOTLIGHT_HINT = f"use 1 for {SPOTLIGHT_URL}, 0 for off, or the address of your Spotlight"


class Destination(msgspec.Struct, frozen=True, repr_omit_defaults=True):
    """Where envelopes go.

    Attributes:
        dsn: The DSN with its key: a secret.
        url: Where envelopes are posted to, without secrets.
        public_key: The DSN's public key, for the header of every envelope.
        masked: The DSN with its key masked, or Spotlight's address: for people.
        identity: 16 hex characters that are the same for the same project whatever its key, and
            different for every other.
        spotlight: Whether it is a Spotlight.
        warnings: Sentences for people about what may go wrong with it.
    """

    dsn: str
    url: str
    public_key: str
    masked: str
    identity: str
    spotlight: bool = False
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Destination({self.masked!r})"

    @property
    def host(self) -> str:
        """Its host, with the port where that is not the usual one."""
        return _netloc(urlsplit(self.url))

    @property
    def wire(self) -> Literal["span", "transaction"]:
        """Which envelopes it takes best; Spotlight does not show span v2."""
        return "transaction" if self.spotlight else "span"

    @classmethod
    def from_dsn(cls, text: str) -> Self:
        """Reads a DSN.

        Raises:
            ConfigurationError: It is none.
        """
        parts = _split(text.strip(), "the DSN", _HINT)
        key = parts.username
        if not key:
            raise ConfigurationError("the DSN has no public key", hint=_HINT)
        if not _is_plain(key) or not _is_plain(parts.password or ""):
            raise ConfigurationError("the key of the DSN has characters that no key has", hint=_HINT)
        path, _, project = parts.path.rpartition("/")
        if not (project.isascii() and project.isdigit()):
            raise ConfigurationError("the DSN does not end with the number of a project", hint=_HINT)
        project = project.lstrip("0") or "0"
        base = f"{parts.scheme}://{_netloc(parts)}{path}"
        warnings: tuple[str, ...] = ()
        if len(key) != KEY_LENGTH:
            warnings = (
                f"the DSN's public key has {len(key)} characters, not {KEY_LENGTH}: Sentry drops its spans",
            )
        return cls(
            dsn=f"{parts.scheme}://{_userinfo(parts)}@{_netloc(parts)}{path}/{project}",
            url=f"{base}/api/{project}/envelope/",
            public_key=key,
            masked=f"{parts.scheme}://***@{_netloc(parts)}{path}/{project}",
            identity=_identity(parts, f"{path}/{project}"),
            warnings=warnings,
        )

    @classmethod
    def from_spotlight(cls, value: str) -> Self | None:
        """Reads what `SENTRY_SPOTLIGHT` says.

        Args:
            value: A word for on, a word for off, or an address; one without `/stream`, to which
                data would be lost, is mended.

        Returns:
            Spotlight, or None where it is off.

        Raises:
            ConfigurationError: It is neither a word nor an address.
        """
        word = value.strip().lower()
        if word in _OFF:
            return None
        name = "the address of Spotlight"
        parts = _split(SPOTLIGHT_URL if word in _ON else value.strip(), name, _SPOTLIGHT_HINT)
        if parts.username is not None:
            raise ConfigurationError(f"{name} has a user name in it", hint=_SPOTLIGHT_HINT)
        path = parts.path.rstrip("/")
        if not path.endswith("/stream"):
            path += "/stream"
        query = f"?{parts.query}" if parts.query else ""
        url = f"{parts.scheme}://{_netloc(parts)}{path}{query}"
        return cls(
            dsn=f"{parts.scheme}://{SPOTLIGHT_KEY}@{_netloc(parts)}/1",
            url=url,
            public_key=SPOTLIGHT_KEY,
            masked=url,
            identity=_identity(parts, path),
            spotlight=True,
        )


def _split(text: str, name: str, hint: str) -> SplitResult:
    if not text.isprintable() or " " in text:
        raise ConfigurationError(f"{name} has a space or a control character in it", hint=hint)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ConfigurationError(f"{name} has a host or port that cannot be", hint=hint) from None
    if parts.scheme not in _PORTS:
        raise ConfigurationError(f"{name} does not begin with https:// or http://", hint=hint)
    if not parts.hostname or port == 0:
        raise ConfigurationError(f"{name} has no host", hint=hint)
    return parts


def _is_plain(key: str) -> bool:
    return key.isascii() and "," not in key


def _userinfo(parts: SplitResult) -> str:
    return f"{parts.username}:{parts.password}" if parts.password else str(parts.username)


def _netloc(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    return host if parts.port in (None, _PORTS[parts.scheme]) else f"{host}:{parts.port}"


def _identity(parts: SplitResult, path: str) -> str:
    where = f"{parts.scheme}://{parts.hostname}:{parts.port or _PORTS[parts.scheme]}{path}"
    return hashlib.sha256(where.encode()).hexdigest()[:16]
