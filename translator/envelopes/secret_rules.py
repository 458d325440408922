"""The kinds of secrets, and how each is found in a text: one table."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from translator.model import Json

MASK = "[Filtered]"

# What a key in JSON or before an equals sign must end with for its value to be a secret.
WORDS = (
    "password", "passwd", "passphrase", "pwd", "client_secret", "secret", "api_key", "secret_key",
    "access_key", "private_key", "access_token", "refresh_token", "id_token", "auth_token",
    "session_token", "bearer_token", "auth", "authorization", "cookie", "credential", "credentials",
    "passwords", "secrets", "api_keys", "cookies", "openai_key", "anthropic_key", "gemini_key", "groq_key",
    "mistral_key", "stripe_key", "db_pass", "smtp_pass",
)  # fmt: skip
_ANY_WORD = "|".join(word.replace("_", "[_-]?") for word in WORDS)
_FIRST = "".join(sorted({word[0] for word in WORDS}))
_KEY = r"[\w.-]{0,64}?(?:" + _ANY_WORD + ")"
_KEY_NAME = re.compile(_KEY, re.ASCII | re.IGNORECASE)
_SPELLINGS = tuple(sorted({word.replace("_", mark) for word in WORDS for mark in ("_", "-", "")}))

STEMS = tuple(word for word in _SPELLINGS if word != "auth" and not word.endswith("token"))
"""What is looked for first in place of the longer literals that it is in."""

# Model logs are full of tokens that are no secrets: only what looks like a credential is one, and not
# under the keys of the next page of a list.
_CREDENTIAL = r"""(?=[^\s"'\\]{0,400}\d)(?=[^\s"'\\]{0,400}[A-Za-z])[\w.~+/=-]{16,}"""
_IS_CREDENTIAL = re.compile(_CREDENTIAL + r"\Z", re.ASCII)
# Tests pass, too: what stands under that word alone is a secret only if it looks like a password.
_CHOSEN = r"""(?=[^\s"'\\]{0,60}\d)(?=[^\s"'\\]{0,60}[A-Za-z])[^\s"'\\]{6,64}"""
_IS_CHOSEN = re.compile(_CHOSEN + r"\Z", re.ASCII)
_IS_DOUBTFUL = re.compile(r"[\w.-]{0,64}?token", re.ASCII | re.IGNORECASE)
_IS_PAGE = re.compile(r"(?:page|next|continu|pagina|sync|cursor)[\w.-]{0,64}\Z", re.ASCII | re.IGNORECASE)

_IS_HEADER = re.compile(
    r"(?:proxy-)?authorization|(?:set-)?cookie|api-key|private-token|x-[\w-]{0,60}(?:key|token|secret|auth)",
    re.ASCII | re.IGNORECASE,
)
_IS_NAME = re.compile(r"[A-Za-z_-]*", re.ASCII)

# What a tool's parameters are described with: a parameter called password holds none.
_SCHEMA_WORDS = frozenset((
    "type", "title", "description", "format", "minLength", "maxLength", "pattern", "nullable", "writeOnly",
    "readOnly", "anyOf", "oneOf", "$ref", "deprecated",
))  # fmt: skip
_SCHEMA_TYPES = frozenset(("string", "integer", "number", "boolean", "object", "array", "null"))

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
    if key.lower() == "pass":
        return _IS_CHOSEN.match(value) is not None
    doubtful = _IS_DOUBTFUL.fullmatch(key) is not None and _IS_PAGE.search(key) is None
    return doubtful and _IS_CREDENTIAL.match(value) is not None


def is_header(name: str, value: str) -> bool:
    """Whether two texts in a list are a header that holds a secret, not two names in a list of names."""
    return _IS_HEADER.fullmatch(name) is not None and _IS_NAME.fullmatch(value) is None


def is_schema(value: dict[str, Json]) -> bool:
    """Whether an object says what a value must be like, as those of tools' parameters do."""
    kind = value.get("type")
    told = type(kind) is str and kind in _SCHEMA_TYPES
    return (told or "anyOf" in value or "$ref" in value) and _SCHEMA_WORDS.issuperset(value)


class Rule(NamedTuple):
    """How one kind of secret is found.

    Attributes:
        name: What it is.
        literals: One of these must be in the text; in lower case where `folded`.
        mask: Masks all secrets of the kind in a text.
        folded: Whether the literals are looked for without regard to case.
        also: What must be in the text too, where the literals are in many texts.
    """

    name: str
    literals: tuple[str, ...]
    mask: Callable[[str], str]
    folded: bool = False
    also: str = ""


def _by(expression: str, replacement: str | Callable[[re.Match[str]], str] = MASK) -> Callable[[str], str]:
    compiled = re.compile(expression, re.ASCII)
    return lambda text: compiled.sub(replacement, text)


def _tokens(*prefixes: str, body: str = r"[A-Za-z0-9_-]{16,}") -> tuple[tuple[str, ...], str]:
    """Literals and expression of keys that begin with one of the prefixes."""
    alternatives = "|".join(map(re.escape, prefixes))
    return prefixes, rf"(?<![A-Za-z0-9_])(?:{alternatives}){body}"


def _rule(name: str, found: tuple[tuple[str, ...], str]) -> Rule:
    literals, expression = found
    return Rule(name, literals, _by(expression))


def _mask_token(match: re.Match[str]) -> str:
    before = match.string[max(match.start() - 64, 0) : match.start()]
    return match[0] if _IS_PAGE.search(before) else match[1] + MASK


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


# Some prefixes begin words and names of models, too: a key has a long run without any mark.
_RUN = r"(?=[A-Za-z0-9_-]{0,200}[A-Za-z0-9]{16})[A-Za-z0-9_-]{16,}"
_DIGIT = r"(?=[A-Za-z0-9_-]{0,200}\d)[A-Za-z0-9_-]{16,}"

_NOT_YET = r"(?!\[Filtered\])"
_QUOTED = (
    r"""(?P<marks>\\{0,16}(?P<quote>["']))"""
    + _NOT_YET
    + r"""(?:(?!(?P=quote))[^\\\r\n]|\\{1,2}[^"'\\\r\n])+"""
)
# Code is no secret: comparisons, calls, subscripts, lists, variables of a shell and words for nothing.
_NO_CODE = r"(?![=>\[({]|\$[{(]|(?:none|null|nil|true|false|undefined)(?![\w-])|[A-Za-z_][\w.]{0,100}[(\[])"
_MARKS = "\"'\\"

RULES: tuple[Rule, ...] = (
    Rule(
        "private key",
        ("PRIVATE KEY",),
        _by(
            r"""-----BEGIN[ A-Z]{0,40}PRIVATE KEY(?: BLOCK)?-----[^"']*?"""
            r"""(?:-----END[ A-Z]{0,40}PRIVATE KEY(?: BLOCK)?-----|(?=\\*["'])|\Z)"""
        ),
    ),
    _rule("Anthropic, OpenRouter, Langfuse, projects of OpenAI", _tokens(
        "sk-ant-", "sk-proj-", "sk-svcacct-", "sk-admin-", "sk-or-", "sk-lf-", body=_DIGIT)),
    _rule("OpenAI and alike", _tokens("sk-", body=_RUN)),
    _rule("GitHub", _tokens("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_")),
    _rule("GitLab, DigitalOcean", _tokens("glpat-", "dop_v1_", body=_DIGIT)),
    _rule("npm, PyPI", _tokens("npm_", "pypi-", body=_RUN)),
    _rule("Google", _tokens("AIza", "ya29.", body=r"[A-Za-z0-9_.-]{16,}")),
    _rule("AWS", _tokens("AKIA", "ASIA", body=r"[A-Z0-9]{16}(?![A-Za-z0-9])")),
    _rule("Slack", _tokens("xoxa-", "xoxb-", "xoxe-", "xoxo-", "xoxp-", "xoxr-", "xoxs-", "xapp-",
                           body=r"[A-Za-z0-9-]{10,}")),
    Rule("Slack webhook", ("hooks.slack.com/",),
         _by(r"(hooks\.slack\.com/[a-z]{1,20}/)[A-Za-z0-9/_-]{10,}", rf"\g<1>{MASK}")),
    _rule("Stripe", _tokens("sk_live_", "rk_live_", "sk_test_", "rk_test_", "whsec_",
                            body=r"[A-Za-z0-9]{10,}")),
    _rule("Hugging Face, Groq, xAI, Perplexity, Replicate, NVIDIA, Fireworks, Cerebras, Jina", _tokens(
        "hf_", "gsk_", "xai-", "pplx-", "r8_", "nvapi-", "fw_", "csk-", "jina_", body=_RUN)),
    _rule("Tavily, Pinecone, LangSmith", _tokens("tvly-", "pcsk_", "lsv2_pt_", "lsv2_sk_", body=_DIGIT)),
    _rule("Supabase, Figma, Notion, Linear, PostHog", _tokens(
        "sbp_", "figd_", "ntn_", "lin_api_", "phx_", body=_RUN)),
    _rule("Atlassian, Shopify, Docker, Vault, Postman, Google's clients", _tokens(
        "ATATT3x", "shpat_", "shpss_", "dckr_pat_", "hvs.", "PMAK-", "GOCSPX-",
        body=r"[A-Za-z0-9_.=-]{16,}")),
    Rule("Telegram", (":AA",), _by(r"(?<![A-Za-z0-9])\d{8,12}:AA[A-Za-z0-9_-]{30,}")),
    _rule("Databricks", _tokens("dapi", body=r"[0-9a-f]{32}(?:-\d)?")),
    Rule("Twilio", tuple(f"SK{digit}" for digit in "0123456789abcdef"),
         _by(r"(?<![A-Za-z0-9_])SK[0-9a-f]{32}(?![0-9A-Za-z])")),
    _rule("SendGrid", _tokens("SG.", body=r"[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}")),
    _rule("Sentry", _tokens("sntrys_", "sntryu_", body=r"[A-Za-z0-9_=+/-]{16,}")),
    _rule("JSON web token", _tokens(
        "eyJ", body=r"[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}")),
    Rule("Azure storage", ("AccountKey=", "SharedAccessKey="),
         _by(r"((?:Account|SharedAccess)Key=)[A-Za-z0-9+/=]{16,}", rf"\g<1>{MASK}")),
    Rule("password in a URL", ("://",),
         _by(r"""(://[^\s/:@"'\\]{0,200}:)[^\s/@"'\\]{1,500}@""", rf"\g<1>{MASK}@"), also="@"),
    Rule("bearer and basic credentials", ("bearer ", "basic "),
         _by(r"\b((?:[Bb]earer|BEARER|[Bb]asic|BASIC) {1,4})(?=[A-Za-z0-9._~+/=-]{0,400}[0-9=])"
             r"[A-Za-z0-9._~+/=-]{8,}", rf"\g<1>{MASK}"), folded=True),
    Rule("connection string", ("password=", "pwd="),
         _by(rf"(?i)((?:^|[;\"'] ?)(?:password|pwd)=){_NOT_YET}[^;\"'\\\r\n]{{1,200}}(?=;)",
             rf"\g<1>{MASK}"), folded=True),
    Rule("assignment", tuple(spelling + mark for spelling in _SPELLINGS for mark in ("=", " =")),
         _by(rf"(?i)((?=[{_FIRST}])(?:{_ANY_WORD}) ?= ?)(?:{_QUOTED}|{_NO_CODE}[^\s&\"'\\;,]+)",
             rf"\g<1>\g<marks>{MASK}"), folded=True),
    Rule("assignment in code",
         tuple(stem + mark for stem in STEMS for mark in (":=", " :=", "=>", " =>", *_MARKS)),
         _by(rf"(?i)((?=[{_FIRST}])(?:{_ANY_WORD})(?:\\{{0,16}}[\"'])?[ ]{{0,8}}(?::=|=>)[ ]{{0,8}})"
             rf"{_QUOTED}", rf"\g<1>\g<marks>{MASK}"), folded=True),
    Rule("pass", ('"pass":', "'pass':", '"pass\\'),
         _by(r"""(?i)((?P<mark>\\{0,16}["'])pass(?P=mark)[ ]{0,8}:[ ]{0,8}(?P=mark))""" + _CHOSEN
             + "(?=(?P=mark))", rf"\g<1>{MASK}"), folded=True),
    Rule("element of XML", tuple(f"{stem}>" for stem in STEMS),
         _by(rf"(?i)(<(?P<name>[\w.:-]{{0,64}}?(?:{_ANY_WORD}))>){_NOT_YET}[^\s<>][^<>\r\n]{{0,500}}"
             r"(?=<\\{0,16}/(?P=name)>)", rf"\g<1>{MASK}"), folded=True),
    Rule("header", ("api-key:", "authorization:", "private-token:"),
         _by(r"(?i)((?<![\w-])(?:api-key|private-token|(?:proxy-)?authorization): ?(?:[A-Za-z]{1,20} )?)"
             rf"{_NOT_YET}(?=[^\s\"'\\]{{0,400}}[\d=])[^\s\"'\\;,]{{6,}}", rf"\g<1>{MASK}"), folded=True),
    Rule("header of an extension", ("-key:", "-token:", "-secret:", "-auth:"),
         _by(r"(?i)((?<![\w-])x-[\w-]{0,60}(?:key|token|secret|auth): ?)"
             rf"{_NOT_YET}[^\s\"'\\;,]{{6,}}", rf"\g<1>{MASK}"), folded=True),
    Rule("cookie", ("cookie:",),
         _by(rf"(?i)(\bcookie: ?){_NOT_YET}(?=[^\s\"'\\=;]{{1,100}}=)[^\"'\\\r\n]+", rf"\g<1>{MASK}"),
         folded=True),
    Rule("line of settings", tuple(f"{spelling}:" for spelling in _SPELLINGS),
         _by(rf"(?im)^([ \t]{{0,40}}(?:- )?[\w.-]{{0,64}}?(?:{_ANY_WORD}):[ \t]{{1,8}}[\"']?){_NOT_YET}"
             r"""(?:(?<=")[^"\\\r\n]+(?=")|(?<=')[^'\\\r\n]+(?=')|(?<!["'])[^\s"'\\{}\[\]]+(?=[ \t]*$))""",
             rf"\g<1>{MASK}"), folded=True),
    Rule("user and password of a command", ("curl",),
         _by(r"""(\bcurl\b[^"']{0,400}? (?:-u ?|--user[ =])(?:\\{0,8}["'])?[^\s:"'\\]{1,100}:)"""
             rf"{_NOT_YET}[^\s\"'\\]+", rf"\g<1>{MASK}")),
    Rule("signature in a URL", ("sig=", "signature="),
         _by(r"(?i)([?&, ](?:sig|x-amz-signature|signature)=)[A-Za-z0-9%+/=_-]{16,}", rf"\g<1>{MASK}"),
         folded=True),
    Rule("token", tuple("token" + mark for mark in ("=", " =", ":", *_MARKS)),
         _by(r"(?i)([Tt]oken(?:\\{0,16}[\"'])?[ ]{0,8}[:=]\s{0,8}(?:\\{0,16}[\"'])?)" + _CREDENTIAL,
             _mask_token), folded=True),
    Rule("option", ("--password", "--passwd", "--token", "--api-key", "--secret"),
         _by(r"(?i)(--(?:password|passwd|token|api-key|secret)[= ] ?)"
             rf"{_NOT_YET}[^\s\"'\\-][^\s\"'\\]*", rf"\g<1>{MASK}"), folded=True),
    Rule("JSON field", tuple(spelling + mark for spelling in _SPELLINGS for mark in _MARKS),
         _mask_fields, folded=True),
)  # fmt: skip
"""Every kind of secret, in the order in which they are masked."""
