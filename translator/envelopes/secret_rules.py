"""The kinds of secrets, and how each is found in a text: one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

MASK = "[Filtered]"

# What a key in JSON or before an equals sign must end with for its value to be a secret.
WORDS = (
    "password", "passwd", "passphrase", "pwd", "client_secret", "secret", "api_key", "secret_key",
    "access_key", "private_key", "access_token", "refresh_token", "id_token", "auth_token",
    "session_token", "bearer_token", "auth", "authorization", "cookie", "credentials",
)  # fmt: skip
_ANY_WORD = "|".join(word.replace("_", "[_-]?") for word in WORDS)
_KEY = r"[\w-]{0,64}?(?:" + _ANY_WORD + ")"
_KEY_NAME = re.compile(_KEY, re.ASCII | re.IGNORECASE)
_SPELLINGS = tuple(sorted({word.replace("_", mark) for word in WORDS for mark in ("_", "-", "")}))

# Model logs are full of tokens that are no secrets: only what looks like a credential is one.
_CREDENTIAL = r"(?=[^\s\"'\\]*\d)(?=[^\s\"'\\]*[A-Za-z])[\w.~+/=-]{16,}"
_IS_CREDENTIAL = re.compile(_CREDENTIAL + r"\Z", re.ASCII)
_CREDENTIAL_KEYS = frozenset(("token",))

_FIELD = re.compile(
    rf"""(?<!\\)(?P<escape>\\*)(?P<quote>["'])(?:{_KEY})(?P=escape)(?P=quote)
         \s{{0,8}}:\s{{0,8}}(?:(?P=escape)(?P<open>["'])|(?P<number>-?\d[\d.eE+-]*))""",
    re.ASCII | re.IGNORECASE | re.VERBOSE,
)


def names_secret(key: str) -> bool:
    """Whether a key says that its value is a secret."""
    return _KEY_NAME.fullmatch(key) is not None


def names_credential(key: str, value: str) -> bool:
    """Whether a key that may name a secret has a value that looks like one."""
    return key.lower() in _CREDENTIAL_KEYS and _IS_CREDENTIAL.match(value) is not None


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
    _rule("Tavily, Cerebras, Jina, Pinecone, LangSmith", _tokens(
        "tvly-", "csk-", "jina_", "pcsk_", "lsv2_",
        body=r"(?=[A-Za-z0-9_-]{0,200}\d)[A-Za-z0-9_-]{16,}")),
    _rule("Atlassian, Shopify, Docker, Vault, Supabase, Figma, Notion, Linear, Postman, PostHog", _tokens(
        "ATATT3x", "shpat_", "shpss_", "dckr_pat_", "hvs.", "sbp_", "figd_", "ntn_", "lin_api_", "PMAK-",
        "phx_", "GOCSPX-", body=r"[A-Za-z0-9_.=-]{16,}")),
    Rule("Telegram", (":AA",), _by(r"(?<![A-Za-z0-9])\d{8,12}:AA[A-Za-z0-9_-]{30,}")),
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
    Rule("assignment", tuple(spelling + mark for spelling in _SPELLINGS for mark in ("=", " =")),
         _by(rf"(?i)((?:{_ANY_WORD}) ?= ?)(?:"
             r"""(\\*["'])(?!\[Filtered\])[^"'\\\r\n]+|(?!\[Filtered\])[^\s&"'\\;,]+)""",
             rf"\g<1>\g<2>{MASK}"), folded=True),
    Rule("header", ("api-key:", "authorization:", "cookie:"),
         _by(r"(?i)((?:\bx-)?\bapi-key: ?|\bauthorization: ?(?:[A-Za-z]{1,20} )?|\bcookie: ?)"
             r"""(?!\[Filtered\])(?=[^\s"'\\]*[\d=])[^\s"'\\;,]{6,}""", rf"\g<1>{MASK}"), folded=True),
    Rule("line of settings", tuple(f"{spelling}:" for spelling in _SPELLINGS),
         _by(rf"(?im)^([ \t]{{0,40}}[\w-]{{0,64}}(?:{_ANY_WORD}):[ \t]{{1,8}})"
             r"""(?!\[Filtered\])[^\s"'\\{}\[\]]+[ \t]*$""", rf"\g<1>{MASK}"), folded=True),
    Rule("user and password of a command", (" -u ", "--user"),
         _by(r"""( (?:-u|--user)[ =](?:\\*["'])?[^\s:"'\\]{1,100}:)(?!\[Filtered\])"""
             r"""(?=[^\s"'\\]*[^\d\s"'\\])[^\s"'\\]+""", rf"\g<1>{MASK}")),
    Rule("signature in a URL", ("sig=", "signature="),
         _by(r"(?i)([?&](?:sig|x-amz-signature|signature)=)[A-Za-z0-9%+/=_-]{16,}", rf"\g<1>{MASK}"),
         folded=True),
    Rule("token", ('token"', "token'", "token\\"),
         _by(rf"""(?i)(\\*["']token\\*["']\s{{0,8}}:\s{{0,8}}\\*["']){_CREDENTIAL}""",
             rf"\g<1>{MASK}"), folded=True),
    Rule("option", ("--password", "--passwd", "--token", "--api-key", "--secret"),
         _by(r"""(?i)(--(?:password|passwd|token|api-key|secret)[= ] ?)"""
             r"""(?!\[Filtered\])[^\s"'\\-][^\s"'\\]*""", rf"\g<1>{MASK}"), folded=True),
    Rule("JSON field", tuple(spelling + mark for spelling in _SPELLINGS for mark in "\"'\\"),
         _mask_fields, folded=True),
)  # fmt: skip
"""Every kind of secret, in the order in which they are masked."""
