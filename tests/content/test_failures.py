"""Errors as loggers and languages write them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.content.json_values import json_values, nested
from translator.content.failures import LONGEST_TYPE, Failure, read_failure

PYTHON = """Traceback (most recent call last):
  File "/app/agent.py", line 3, in <module>
    main()
    ~~~~^^
  File "/app/agent.py", line 2, in main
    return 1 / 0
           ~~^~~
ZeroDivisionError: division by zero"""
CHAINED = f"""{PYTHON}

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/app/agent.py", line 9, in <module>
    raise tools.errors.ToolError("first line\\nsecond")
tools.errors.ToolError: first line
second
"""
JAVA = """java.lang.IllegalStateException: no weather
\tat com.example.Agent.run(Agent.java:42)
\tat com.example.Main.main(Main.java:7)
Caused by: java.io.IOException: reset
\t... 2 more"""
NODE = """TypeError: Cannot read properties of undefined (reading 'x')
    at run (/app/agent.js:3:9)
    at node:internal/main/run_main_module:23:47"""
DOTNET = """System.InvalidOperationException: no weather
   at Agent.Run() in /app/Agent.cs:line 3"""
GO = "panic: runtime error: index out of range [3] with length 3"


@pytest.mark.parametrize("value", [None, False, "", " ", {}, [], 0, {"type": None, "message": ""}])
def test_what_says_that_there_was_no_error_is_none(value: Any) -> None:
    assert read_failure(value) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("boom", ("", "boom", ""), id="text"),
        pytest.param(GO, ("", GO, ""), id="go"),
        pytest.param("could not connect: refused", ("", "could not connect: refused", ""), id="rust"),
        pytest.param("timeout: 30 s", ("", "timeout: 30 s", ""), id="a colon"),
        pytest.param("ValueError: bad city", ("ValueError", "bad city", ""), id="type and message"),
        pytest.param("TimeoutError", ("TimeoutError", "", ""), id="type alone"),
        pytest.param(True, ("", "", ""), id="true"),
        pytest.param(500, ("500", "", ""), id="number"),
        pytest.param(PYTHON, ("ZeroDivisionError", "division by zero", PYTHON), id="python"),
        pytest.param(
            CHAINED, ("tools.errors.ToolError", "first line\nsecond", CHAINED), id="python chain"
        ),
        pytest.param(
            JAVA, ("java.lang.IllegalStateException", "no weather", JAVA), id="java"
        ),
        pytest.param(
            f'Exception in thread "main" {JAVA}',
            (
                "java.lang.IllegalStateException",
                "no weather",
                f'Exception in thread "main" {JAVA}',
            ),
            id="java thread",
        ),
        pytest.param(
            NODE,
            ("TypeError", "Cannot read properties of undefined (reading 'x')", NODE),
            id="node",
        ),
        pytest.param(
            DOTNET, ("System.InvalidOperationException", "no weather", DOTNET), id="dotnet"
        ),
        pytest.param(
            {"type": "RateLimit", "message": "slow down"}, ("RateLimit", "slow down", ""), id="ours"
        ),
        pytest.param(
            {"type": "TypeError", "message": "x is not", "stack": NODE},
            ("TypeError", "x is not", NODE),
            id="pino",
        ),
        pytest.param(
            {"name": "Error", "message": "refused", "code": "ECONNREFUSED", "errno": -111},
            ("Error", "refused", ""),
            id="node object",
        ),
        pytest.param(
            {"stack": NODE},
            ("TypeError", "Cannot read properties of undefined (reading 'x')", NODE),
            id="a stack alone",
        ),
        pytest.param(
            {"class": "java.io.IOException", "msg": "reset", "stackTrace": JAVA},
            ("java.io.IOException", "reset", JAVA),
            id="java object",
        ),
        pytest.param(
            [
                {
                    "exc_type": "ZeroDivisionError",
                    "exc_value": "division by zero",
                    "syntax_error": None,
                    "is_cause": False,
                    "frames": [
                        {"filename": "/app/a.py", "lineno": 3, "name": "main", "line": ""},
                        {"filename": "/app/a.py", "lineno": 2, "name": "divide", "line": ""},
                    ],
                }
            ],
            (
                "ZeroDivisionError",
                "division by zero",
                '  File "/app/a.py", line 3, in main\n  File "/app/a.py", line 2, in divide',
            ),
            id="structlog",
        ),
        pytest.param(
            {"type": "ZeroDivisionError", "value": "division by zero", "traceback": True},
            ("ZeroDivisionError", "division by zero", ""),
            id="loguru",
        ),
        pytest.param(
            {"exc_info": PYTHON}, ("ZeroDivisionError", "division by zero", PYTHON), id="exc_info"
        ),
        pytest.param(
            ["<class 'ValueError'>", "bad", "..."], ("", "<class 'ValueError'>\nbad\n...", ""),
            id="a list of texts",
        ),
        pytest.param(
            {"type": "<class 'ValueError'>", "message": "bad"}, ("ValueError", "bad", ""),
            id="a class as python prints it",
        ),
        pytest.param(
            {
                "type": "error",
                "error": {"type": "overloaded_error", "message": "Overloaded"},
                "request_id": "req_1",
            },
            ("overloaded_error", "Overloaded", ""),
            id="anthropic",
        ),
        pytest.param(
            {
                "error": {
                    "message": "Rate limit reached",
                    "type": "tokens",
                    "param": None,
                    "code": "rate_limit_exceeded",
                }
            },
            ("tokens", "Rate limit reached", ""),
            id="openai",
        ),
        pytest.param(
            {"error": {"code": 429, "message": "Exhausted", "status": "RESOURCE_EXHAUSTED"}},
            ("429", "Exhausted", ""),
            id="google",
        ),
        pytest.param(
            {"status": 500, "detail": "no upstream"}, ("500", "no upstream", ""), id="http"
        ),
        pytest.param({"error": "boom"}, ("", "boom", ""), id="a text inside"),
        pytest.param(
            {"detail": [{"msg": "field required"}]}, ("", '{"msg":"field required"}', ""),
            id="details",
        ),
        pytest.param({"retry": 3}, ("", '{"retry":3}', ""), id="an object of no logger"),
        pytest.param(
            {"exception.type": "E", "exception.message": "m", "exception.stacktrace": "s"},
            ("E", "m", "s"),
            id="conventions",
        ),
    ],
)  # fmt: skip
def test_an_error_of_any_logger_has_type_message_and_stack(
    value: Any, expected: tuple[str, str, str]
) -> None:
    kind, message, stack = (text or None for text in expected)
    assert read_failure(value) == Failure(kind, message, stack)


def test_a_type_is_one_short_line() -> None:
    failure = read_failure({"type": "Bad\nType " + "x" * 500, "message": "m"})
    assert failure is not None
    assert failure.type is not None
    assert failure.type.startswith("Bad Type xxx")
    assert len(failure.type) == LONGEST_TYPE


@given(json_values() | st.text() | st.sampled_from([nested(300), nested(300, "error")]))
@example({"value": [None]})
def test_any_json_is_read(value: Any) -> None:
    failure = read_failure(value)
    if not value:
        assert failure is None
    if failure is not None:
        assert failure.type is None or "\n" not in failure.type
        assert len(failure.type or "") <= LONGEST_TYPE
        for said in (failure.type, failure.message, failure.stack):
            assert said is None or (type(said) is str and said)


@pytest.mark.timeout(5)
@pytest.mark.parametrize(
    "text",
    ["\n" * 200_000, " " * 200_000, "a." * 100_000, ("a" * 50 + "::") * 4_000, '  File "' * 30_000,
     "\tat" * 60_000, "E: " * 60_000],
    ids=range(7),
)  # fmt: skip
def test_long_texts_are_read_in_linear_time(text: str) -> None:
    read_failure(text + "!")
    read_failure({"stack": text})


@pytest.mark.parametrize(
    ("value", "kind", "message", "output"),
    [
        ({"input": {"card": 1}, "retries": 3}, None, '{"retries":3}', '{"input":{"card":1},"retries":3}'),
        ({"input": {"card": 1}}, None, None, '{"input":{"card":1}}'),
        ([{"arguments": "a"}], None, None, '{"arguments":"a"}'),
        ({"error": {"args": [1]}, "code": 5}, "5", None, '{"args":[1]}'),
        ('{"input": "a", "n": 1}', None, '{"n":1}', '{"input": "a", "n": 1}'),
        (
            {"name": "ValidationError", "details": [{"loc": ["q"], "input": "a"}, {"loc": ["r"]}]},
            "ValidationError",
            '{"loc":["q"]}\n\n{"loc":["r"]}',
            '{"loc":["q"],"input":"a"}\n\n{"loc":["r"]}',
        ),
        ({"type": "ToolError", "message": {"content": "a"}}, "ToolError", None, "a"),
        ({"type": "ToolError", "message": "boom", "input": "a"}, "ToolError", "boom", None),
        ({"type": "ToolError", "details": {"n": 1}}, "ToolError", '{"n":1}', None),
    ],
    ids=str,
)
def test_what_a_message_holds_of_content_stands_apart(
    value: Any, kind: str | None, message: str | None, output: str | None
) -> None:
    assert read_failure(value) == Failure(kind, message, None, output)
