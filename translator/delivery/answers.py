"""What an HTTP answer, or the lack of one, means for an envelope.

Nothing is given up unless the server has judged these very bytes: an answer that may come from
something on the way, or from the wrong address, keeps the data.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping

import orjson
from urllib3.exceptions import (
    ConnectTimeoutError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    SSLError,
)
from urllib3.exceptions import (
    TimeoutError as NoAnswerError,
)

from translator.delivery.limits import retry_after
from translator.model import Acknowledged, Answer, Refused, Retry

MAX_DETAIL = 500
"""Characters that are kept of what a server says."""

RATE_LIMITED = "rate_limited"
SERVER_ERROR = "server_error"
NETWORK = "network"
TOO_LARGE = "too_large"
MALFORMED = "malformed"
UNAUTHORIZED = "unauthorized"

_WRONG_KEY = frozenset((401, 403))
_WRONG_PLACE = frozenset((404, 405))
_TRY_AGAIN = frozenset((407, 408, 425))
_PAGE = (b"<!doctype", b"<html")
_KNOWN = {
    "BadStatusLine": "what came is not HTTP",
    "IncompleteRead": "only a part of it came",
    "RemoteDisconnected": "nothing came",
    "TimeoutError": "timed out",
}


def answer_of(status: int, headers: Mapping[str, str], body: bytes, host: str) -> Answer:
    """What an answer other than 429 means.

    | status | meaning |
    |---|---|
    | 2xx | taken, unless what came is a web page: that is a portal or a wrong address, not Sentry |
    | 401, 403 | the key is wrong or disabled: `unauthorized`, which stops the sending |
    | 404, 405 | nothing there takes envelopes: also `unauthorized`, for it is the DSN that is wrong |
    | 413 | `too_large` |
    | 407, 408, 425 | of a proxy, or of the moment: again later |
    | other 4xx | `malformed` |
    | 3xx | again later: where it points to is not asked to take data that was not meant for it |
    | 5xx, others | again later |

    Args:
        status: The HTTP status.
        headers: The header fields, under names in any case.
        body: The beginning of the body.
        host: Whom to name to people.
    """
    if 200 <= status < 300:
        if not body.lstrip()[:16].lower().startswith(_PAGE):
            return Acknowledged(status)
        detail = f"{host} answered {status} with a web page, as a portal does or a wrong address"
        return Retry(None, SERVER_ERROR, detail, status)
    said = said_by(body)
    if status in _WRONG_KEY:
        detail = f"{host} answered {status}: {said or 'the key is wrong or disabled'}"
        return Refused(UNAUTHORIZED, clean(detail), status)
    if status in _WRONG_PLACE:
        detail = f"{host} answered {status}: nothing there takes envelopes; see the DSN's path and project"
        return Refused(UNAUTHORIZED, detail, status)
    if status == 413:
        return Refused(TOO_LARGE, said, status)
    if 400 <= status < 500 and status not in _TRY_AGAIN:
        return Refused(MALFORMED, said, status)
    if 300 <= status < 400:
        detail = f"{host} answered {status} and points elsewhere, which is not followed"
        return Retry(None, SERVER_ERROR, detail, status)
    detail = f"{host} answered {status}" + (f": {said}" if said else "")
    return Retry(retry_after(headers), SERVER_ERROR, clean(detail), status)


def said_by(body: bytes) -> str:
    """What a server says in its body: Relay's `detail` and `causes`, else its text."""
    text = body.decode(errors="replace")
    try:
        said = orjson.loads(body)
    except orjson.JSONDecodeError:
        return clean(text)
    if not isinstance(said, dict) or not isinstance(said.get("detail"), str):
        return clean(text)
    causes = said.get("causes")
    named = [cause for cause in causes if isinstance(cause, str)] if isinstance(causes, list) else []
    return clean(": ".join([said["detail"], *named]))


def clean(text: str) -> str:
    """A text in one short line, without characters that move a cursor or hide something."""
    shown = "".join(character if character.isprintable() else " " for character in text[: MAX_DETAIL * 4])
    return " ".join(shown.split())[:MAX_DETAIL]


def cause_of(error: BaseException, timeout: float) -> str:
    """Why there was no answer, in a few words without addresses.

    Args:
        error: What was raised.
        timeout: How long was waited, in seconds.
    """
    inner = _innermost(error)
    if isinstance(error, ProxyError):
        return f"the proxy: {_words(inner)}"
    if isinstance(error, SSLError) or isinstance(inner, ssl.SSLError):
        reason = getattr(inner, "verify_message", "") or getattr(inner, "reason", None)
        return f"TLS: {clean(reason) if isinstance(reason, str) else _words(inner)}"
    if isinstance(error, NewConnectionError):
        return f"no connection: {_words(inner)}"
    if isinstance(error, ConnectTimeoutError):
        return f"no connection within {timeout:g} s"
    if isinstance(error, (NoAnswerError, TimeoutError)):
        return f"no answer within {timeout:g} s"
    if isinstance(error, ProtocolError):
        return f"the answer broke off: {_words(inner)}"
    return _words(inner)


def _innermost(error: BaseException) -> BaseException:
    for _ in range(8):
        nested = next((value for value in error.args if isinstance(value, BaseException)), None)
        nested = nested or error.__cause__ or error.__context__
        if nested is None:
            break
        error = nested
    return error


def _words(error: BaseException) -> str:
    # The texts of urllib3 name objects and addresses; an OSError's own words do not.
    if isinstance(error, OSError) and error.strerror:
        return clean(f"{error.strerror}: {error.filename}" if error.filename else error.strerror)
    if type(error) is OSError:
        return clean(str(error))
    return _KNOWN.get(type(error).__name__, type(error).__name__)
