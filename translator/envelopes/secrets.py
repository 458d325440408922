"""Secrets in what agents say and do: API keys, passwords, credentials and private keys are masked.

Every row of `RULES` names literals without which its expression cannot match. They are looked for
first, in all of a span's bytes at once: plain expressions over every message would make the whole
pipeline many times slower.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from ahocorasick_rs import BytesAhoCorasick

from translator.model import Json

MASK = "[Filtered]"

_MAX_DEPTH = 200

# What a key in JSON or before an equals sign must end with for its value to be a secret.
_WORDS = (
    "password", "passwd", "passphrase", "pwd", "client_secret", "secret", "api_key", "secret_key",
    "access_key", "private_key", "access_token", "refresh_token", "id_token", "auth_token",
    "session_token", "bearer_token", "auth", "authorization", "cookie", "credentials",
)  # fmt: skip
_KEY = r"[\w-]{0,64}?(?:" + "|".join(word.replace("_", "[_-]?") for word in _WORDS) + ")"
_KEY_NAME = re.compile(_KEY, re.ASCII | re.IGNORECASE)
_KEY_LITERALS = tuple(
    sorted({word.replace("_", mark) for word in _WORDS for mark in ("_", "-", "")})
)  # fmt: skip
_FIELD = re.compile(
    rf"""(?<!\\)(?P<escape>\\*)(?P<quote>["'])(?:{_KEY})(?P=escape)(?P=quote)
         \s{{0,8}}:\s{{0,8}}(?:(?P=escape)(?P<open>["'])|(?P<number>-?\d[\d.eE+-]*))""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


class Rule(NamedTuple):
    """How one kind of secret is found.

    Attributes:
        name: What it is.
        literals: One of these must be in the text; in lower case where `folded`.
        mask: Masks all secrets of the kind in a text.
        folded: Whether the literals are looked for without regard to case.
    """

    name: str
    literals: tuple[str, ...]
    mask: Callable[[str], str]
    folded: bool = False


def _by(expression: str, replacement: str = MASK) -> Callable[[str], str]:
    compiled = re.compile(expression, re.ASCII)
    return lambda text: compiled.sub(replacement, text)


def _tokens(*prefixes: str, body: str = r"[A-Za-z0-9_-]{16,}") -> tuple[tuple[str, ...], str]:
    """Literals and expression of keys that begin with one of the prefixes."""
    alternatives = "|".join(map(re.escape, prefixes))
    return prefixes, rf"(?<![A-Za-z0-9_])(?:{alternatives}){body}"


def _rule(name: str, found: tuple[tuple[str, ...], str]) -> Rule:
    literals, expression = found
    return Rule(name, literals, _by(expression))


def _mask_fields(text: str) -> str:
    """Masks the values of JSON fields that hold secrets, at any depth of escaping.

    A string ends at the first quote with as many backslashes before it as stand before the quote
    that begins it; one inside of it has more.
    """
    parts: list[str] = []
    done = 0
    for match in _FIELD.finditer(text):
        if match.start() < done:
            continue
        escape = match["escape"]
        if match["open"] is None:
            quote = escape + match["quote"]
            parts += (text[done : match.start("number")], quote, MASK, quote)
            done = match.end()
            continue
        end = _end_of_string(text, match.end(), match["open"], len(escape))
        parts += (text[done : match.end()], MASK)
        done = end
    return "".join((*parts, text[done:])) if parts else text


def _end_of_string(text: str, start: int, quote: str, escapes: int) -> int:
    position = start
    while (found := text.find(quote, position)) >= 0:
        before = found
        while before > start and text[before - 1] == "\\":
            before -= 1
        if found - before == escapes:
            return before
        position = found + 1
    return len(text)


RULES: tuple[Rule, ...] = (
    Rule(
        "private key",
        ("PRIVATE KEY",),
        _by(
            r"""-----BEGIN[ A-Z]{0,40}PRIVATE KEY(?: BLOCK)?-----[^"']*?"""
            r"""(?:-----END[ A-Z]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?=\\*["'])|\Z)"""
        ),
    ),
    _rule("OpenAI, Anthropic, OpenRouter and alike", _tokens(
        "sk-", body=r"(?=[A-Za-z0-9_-]{0,200}\d)[A-Za-z0-9_-]{16,}")),
    _rule("GitHub", _tokens("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_")),
    _rule("GitLab, npm, PyPI, DigitalOcean", _tokens("glpat-", "npm_", "pypi-", "dop_v1_")),
    _rule("Google", _tokens("AIza", "ya29.", body=r"[A-Za-z0-9_.-]{16,}")),
    _rule("AWS", _tokens("AKIA", "ASIA", body=r"[A-Z0-9]{16}(?![A-Za-z0-9])")),
    _rule("Slack", _tokens("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-",
                           body=r"[A-Za-z0-9-]{10,}")),
    Rule("Slack webhook", ("hooks.slack.com/",),
         _by(r"(hooks\.slack\.com/[a-z]{1,20}/)[A-Za-z0-9/_-]{10,}", rf"\g<1>{MASK}")),
    _rule("Stripe", _tokens("sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_",
                            body=r"[A-Za-z0-9]{10,}")),
    _rule("Hugging Face, Groq, xAI, Perplexity, Replicate, NVIDIA", _tokens(
        "hf_", "gsk_", "xai-", "pplx-", "r8_", "nvapi-")),
    _rule("Databricks", _tokens("dapi", body=r"[0-9a-f]{32}(?:-\d)?")),
    _rule("Twilio", _tokens("SK", body=r"[0-9a-f]{32}(?![0-9A-Za-z])")),
    _rule("SendGrid", _tokens("SG.", body=r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
    _rule("Sentry", _tokens("sntrys_", "sntryu_", body=r"[A-Za-z0-9_=+/-]{16,}")),
    _rule("JSON web token", _tokens(
        "eyJ", body=r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")),
    Rule("Azure storage", ("AccountKey=", "SharedAccessKey="),
         _by(r"((?:Account|SharedAccess)Key=)[A-Za-z0-9+/=]{16,}", rf"\g<1>{MASK}")),
    Rule("password in a URL", ("://",),
         _by(r"""(://[^\s/:@"'\\]{0,200}:)[^\s/@"'\\]{1,500}@""", rf"\g<1>{MASK}@")),
    Rule("bearer and basic credentials", ("bearer ", "basic "),
         _by(r"\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC) {1,4})(?=[A-Za-z0-9._~+/=-]{0,400}[0-9=])"
             r"[A-Za-z0-9._~+/=-]{8,}", rf"\g<1>{MASK}"), folded=True),
    Rule("assignment", tuple(literal + mark for literal in _KEY_LITERALS for mark in ("=", " =")),
         _by(rf"(?i)((?:{'|'.join(word.replace('_', '[_-]?') for word in _WORDS)}) ?= ?)"
             r"""(?!\[Filtered\])[^\s&"'\\;,]+""", rf"\g<1>{MASK}"), folded=True),
    Rule("option", ("--password", "--passwd", "--token", "--api-key", "--secret"),
         _by(r"""(?i)(--(?:password|passwd|token|api-key|secret)[= ] ?)"""
             r"""(?!\[Filtered\])[^\s"'\\-][^\s"'\\]*""", rf"\g<1>{MASK}"), folded=True),
    Rule("JSON field", _KEY_LITERALS, _mask_fields, folded=True),
)  # fmt: skip
"""Every kind of secret, in the order in which they are masked."""

# One pass over the bytes finds any of a hundred literals; `in` for each took ten times as long.
_EXACT = BytesAhoCorasick([text.encode() for rule in RULES if not rule.folded for text in rule.literals])
_FOLDED = BytesAhoCorasick(
    list(dict.fromkeys(text.encode() for rule in RULES if rule.folded for text in rule.literals))
)


def may_hold_secret(data: bytes) -> bool:
    """Whether a text can hold a secret at all: the cheap test before all others.

    Args:
        data: JSON as bytes.
    """
    return bool(_EXACT.find_matches_as_indexes(data) or _FOLDED.find_matches_as_indexes(data.lower()))


def mask_text(text: str) -> str:
    """The text with every secret in it replaced by `MASK`; JSON in it stays JSON."""
    folded = text.lower()
    for rule in RULES:
        searched = folded if rule.folded else text
        if any(literal in searched for literal in rule.literals):
            text = rule.mask(text)
    return text


def names_secret(key: str) -> bool:
    """Whether a key says that its value is a secret."""
    return _KEY_NAME.fullmatch(key) is not None


def mask_value(value: Json, depth: int = 0) -> Json:
    """The JSON value with every secret in it masked; the same object where there is none.

    Values of keys that name a secret are masked whole, unless they are objects or lists.
    """
    kind = type(value)
    if kind is str:
        masked = mask_text(value)
        return value if masked == value else masked
    if depth >= _MAX_DEPTH:
        return value
    if kind is dict:
        changed = {key: _mask_entry(key, item, depth) for key, item in value.items()}
        return changed if any(changed[key] is not item for key, item in value.items()) else value
    if kind is list:
        items = [mask_value(item, depth + 1) for item in value]
        same = all(new is old for new, old in zip(items, value, strict=True))
        return value if same else items
    return value


def _mask_entry(key: Json, value: Json, depth: int) -> Json:
    secret = type(key) is str and names_secret(key)
    if secret and value not in (None, "", MASK) and type(value) in (str, int, float):
        return MASK
    return mask_value(value, depth + 1)
