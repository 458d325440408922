"""What a provider's whole request or response states beside its messages, by our field names."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import isfinite

from translator.model import Json

_Path = tuple[str, ...]
_Check = Callable[[Json], bool]

_EACH = "*"
_FIRST = "0"
"""In paths: every item of a list, and its first."""

_MOST_ITEMS = 1000


def read_response(value: Json) -> dict[str, Json]:
    """Reads what a whole response object states.

    Args:
        value: The output as logged.

    Returns:
        Any of `usage` (the provider's own object), `response_model`, `response_id` and
        `finish_reason` (a string, or a list where there are several answers); empty where the
        value is not a response object.
    """
    if type(value) is not dict or not _is_one_of(value, _RESPONSES):
        return {}
    stated = _stated(value, _RESPONSE_FIELDS)
    if "usage" not in stated:
        flat = {key: value[key] for key in _FLAT_COUNTS if value.get(key) is not None}
        if flat:
            stated["usage"] = flat
    reasons = _finish_reasons(value)
    if reasons:
        stated["finish_reason"] = reasons[0] if len(reasons) == 1 else reasons
    return stated


def read_request(value: Json) -> dict[str, Json]:
    """Reads what a whole request object states.

    Args:
        value: The input as logged.

    Returns:
        Any of `model`, `temperature`, `max_tokens`, `top_p`, `top_k`, `seed`,
        `frequency_penalty`, `presence_penalty`, `stop`, `reasoning_effort`, `stream` and
        `tools`; empty where the value is not a request object.
    """
    if type(value) is not dict or not _is_one_of(value, _REQUESTS):
        return {}
    return _stated(value, _REQUEST_FIELDS)


def _is_one_of(value: Mapping[str, Json], signatures: tuple[frozenset[str], ...]) -> bool:
    return any(signature <= value.keys() for signature in signatures)


def _stated(
    value: Mapping[str, Json], table: tuple[tuple[str, tuple[_Path, ...], _Check], ...]
) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for field, paths, fits in table:
        for path in paths:
            inner = _at(value, path)
            if inner is not None and fits(inner):
                found[field] = inner
                break
    return found


def _at(value: Json, path: _Path) -> Json:
    for key in path:
        if type(value) is dict:
            value = value.get(key)
        elif key == _FIRST and type(value) is list and value:
            value = value[0]
        else:
            return None
    return value


def _finish_reasons(value: Json) -> list[str]:
    for path in _FINISH_REASONS:
        reasons = [reason for reason in _all_at(value, path) if type(reason) is str and reason.strip()]
        if reasons:
            return reasons
    return []


def _all_at(value: Json, path: _Path) -> Iterator[Json]:
    """Every value at the path, where `*` stands for each item of a list."""
    if not path:
        yield value
    elif path[0] == _EACH:
        if type(value) is list:
            for item in value[:_MOST_ITEMS]:
                yield from _all_at(item, path[1:])
    elif type(value) is dict:
        yield from _all_at(value.get(path[0]), path[1:])


def _is_text(value: Json) -> bool:
    return type(value) is str and bool(value.strip())


def _is_object(value: Json) -> bool:
    return type(value) is dict and bool(value)


def _is_number(value: Json) -> bool:
    return type(value) is int or (type(value) is float and isfinite(value))


def _is_integer(value: Json) -> bool:
    return type(value) is int


def _is_flag(value: Json) -> bool:
    return type(value) is bool


def _is_list(value: Json) -> bool:
    return type(value) is list and bool(value)


def _is_stop(value: Json) -> bool:
    if type(value) is list:
        return bool(value) and all(type(item) is str for item in value)
    return _is_text(value)


def _signatures(*texts: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(text.split()) for text in texts)


def _paths(text: str) -> tuple[_Path, ...]:
    return tuple(tuple(path.split("/")) for path in text.split())


def _settings(names: str) -> tuple[_Path, ...]:
    """A request's setting: at the top, or in one of the objects that providers group them in."""
    groups = ("generationConfig", "generation_config", "config", "inferenceConfig", "options")
    return tuple((*group, name) for group in ((), *((name,) for name in groups)) for name in names.split())


_RESPONSES = _signatures(
    "choices",
    "candidates modelVersion",
    "candidates usageMetadata",
    "candidates usage_metadata",
    "candidates responseId",
    "object output",
    "output usage",
    "output stopReason",
    "output status model",
    "role content stop_reason",
    "role content usage",
    "role content model",
    "content response_metadata",
    "content usage_metadata",
    "message done",
    "response done",
    "message finish_reason",
    "message usage",
    "text generation_id",
    "text finish_reason",
    "text finishReason",
    "embedding usage",
    "embeddings meta",
    "data usage",
    "generations llm_output",
    "generations llmOutput",
)
"""Keys that together show the object to be a response of a provider."""

_REQUESTS = _signatures(
    "messages",
    "contents",
    "model input",
    "model prompt",
    "model message",
    "modelId input",
)
"""Keys that together show the object to be a request to a provider."""

_FLAT_COUNTS = ("prompt_eval_count", "eval_count")

_RESPONSE_FIELDS: tuple[tuple[str, tuple[_Path, ...], _Check], ...] = (
    (
        "usage",
        _paths(
            "usage usageMetadata usage_metadata meta response_metadata/token_usage"
            " response_metadata/usage x_groq/usage totalUsage"
            " llm_output/token_usage llm_output/usage llmOutput/tokenUsage llmOutput/usage"
            " generations/0/0/message/usage_metadata generations/0/0/message/kwargs/usage_metadata"
        ),
        _is_object,
    ),
    (
        "response_model",
        _paths(
            "model modelVersion model_version response_metadata/model_name"
            " response_metadata/model response/modelId modelId"
            " llm_output/model_name llm_output/model generations/0/0/message/response_metadata/model_name"
            " generations/0/0/message/kwargs/response_metadata/model_name"
        ),
        _is_text,
    ),
    ("response_id", _paths("id responseId response_id generation_id response/id"), _is_text),
)

_FINISH_REASONS = _paths(
    "choices/*/finish_reason candidates/*/finishReason candidates/*/finish_reason stop_reason"
    " stopReason finish_reason finishReason done_reason response_metadata/finish_reason"
    " response_metadata/stop_reason generations/*/*/generation_info/finish_reason"
    " generations/*/*/generationInfo/finish_reason generations/*/*/message/response_metadata/finish_reason"
    " generations/*/*/message/kwargs/response_metadata/finish_reason incomplete_details/reason status"
)

_REQUEST_FIELDS: tuple[tuple[str, tuple[_Path, ...], _Check], ...] = (
    ("model", _paths("model modelId model_id"), _is_text),
    ("temperature", _settings("temperature"), _is_number),
    (
        "max_tokens",
        _settings(
            "max_tokens max_completion_tokens max_output_tokens maxTokens maxOutputTokens"
            " max_tokens_to_sample num_predict"
        ),
        _is_integer,
    ),
    ("top_p", _settings("top_p topP p"), _is_number),
    ("top_k", _settings("top_k topK k"), _is_integer),
    ("seed", _settings("seed random_seed"), _is_integer),
    ("frequency_penalty", _settings("frequency_penalty frequencyPenalty"), _is_number),
    ("presence_penalty", _settings("presence_penalty presencePenalty"), _is_number),
    ("stop", _settings("stop stop_sequences stopSequences"), _is_stop),
    (
        "reasoning_effort",
        _paths(
            "reasoning_effort reasoning/effort reasoningEffort output_config/effort"
            " generationConfig/thinkingConfig/thinkingLevel config/thinking_config/thinking_level"
        ),
        _is_text,
    ),
    ("stream", _paths("stream"), _is_flag),
    ("tools", _paths("tools toolConfig/tools config/tools"), _is_list),
)
