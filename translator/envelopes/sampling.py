"""Which traces are sent: decided by the trace id alone, so that a trace is whole or absent."""

from __future__ import annotations

_RANDOM_SPACE = 2**56


def is_sampled(trace_id: str, rate: float) -> bool:
    """Whether a trace belongs to the share that is sent.

    The low 56 bits of the id are compared with the rate, as the W3C recommends for random ids.

    Args:
        trace_id: 32 hex characters.
        rate: The share, 0 to 1.
    """
    if rate >= 1.0:
        return True
    return int(trace_id[-14:], 16) < rate * _RANDOM_SPACE
