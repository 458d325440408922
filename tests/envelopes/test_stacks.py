"""Stack traces of many languages, as their programs print them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.envelopes.stacks import MOST_FRAMES, read_frames

PYTHON = """Traceback (most recent call last):
  File "/srv/agent/app.py", line 12, in <module>
    main()
  File "/srv/agent/tools.py", line 40, in get_weather
    raise TimeoutError("too slow")
TimeoutError: too slow
"""
NODE = """TimeoutError: too slow
    at getWeather (/srv/agent/tools.js:40:11)
    at async Agent.run (file:///srv/agent/app.mjs:12:3)
    at /srv/agent/main.js:3:1
"""
JAVA = """java.util.concurrent.TimeoutException: too slow
	at com.acme.Tools.getWeather(Tools.java:40)
	at java.base/java.lang.Thread.run(Thread.java:840)
	at com.acme.Native.call(Native Method)
"""
DOTNET = """System.TimeoutException: too slow
   at Acme.Tools.GetWeather(String city) in /src/Tools.cs:line 40
   at Acme.Program.Main(String[] args) in /src/Program.cs:line 12
"""
GO = """goroutine 1 [running]:
main.getWeather({0x10, 0x5})
	/srv/agent/tools.go:40 +0x1d
main.main()
	/srv/agent/main.go:12 +0x25
"""
RUST = """   0: agent::tools::get_weather
             at ./src/tools.rs:40:9
   1: agent::main
             at ./src/main.rs:12:5
"""
RUBY = """tools.rb:40:in `get_weather': too slow (TimeoutError)
	from /srv/agent/app.rb:12:in `<main>'
	from /srv/agent/tools.rb:9:in `call'
"""
PHP = """#0 /srv/agent/app.php(12): Tools->getWeather('Paris')
#1 /srv/agent/run.php(3): App->run()
#2 {main}
"""


@pytest.mark.parametrize(
    ("stack", "outermost", "innermost"),
    [
        (PYTHON, {"filename": "/srv/agent/app.py", "lineno": 12, "function": "<module>"},
         {"filename": "/srv/agent/tools.py", "lineno": 40, "function": "get_weather"}),
        (NODE, {"filename": "/srv/agent/main.js", "lineno": 3, "colno": 1},
         {"filename": "/srv/agent/tools.js", "lineno": 40, "colno": 11, "function": "getWeather"}),
        (JAVA, {"filename": "Thread.java", "lineno": 840, "module": "java.lang.Thread", "function": "run"},
         {"filename": "Tools.java", "lineno": 40, "module": "com.acme.Tools", "function": "getWeather"}),
        (DOTNET,
         {"filename": "/src/Program.cs", "lineno": 12, "function": "Acme.Program.Main(String[] args)"},
         {"filename": "/src/Tools.cs", "lineno": 40, "function": "Acme.Tools.GetWeather(String city)"}),
        (GO, {"filename": "/srv/agent/main.go", "lineno": 12, "function": "main.main"},
         {"filename": "/srv/agent/tools.go", "lineno": 40, "function": "main.getWeather"}),
        (RUST, {"filename": "./src/main.rs", "lineno": 12, "colno": 5, "function": "agent::main"},
         {"filename": "./src/tools.rs", "lineno": 40, "colno": 9, "function": "agent::tools::get_weather"}),
        (RUBY, {"filename": "/srv/agent/tools.rb", "lineno": 9, "function": "call"},
         {"filename": "/srv/agent/app.rb", "lineno": 12, "function": "<main>"}),
        (PHP, {"filename": "/srv/agent/run.php", "lineno": 3, "function": "App->run"},
         {"filename": "/srv/agent/app.php", "lineno": 12, "function": "Tools->getWeather"}),
    ],
    ids=["python", "node", "java", "dotnet", "go", "rust", "ruby", "php"],
)  # fmt: skip
def test_the_outermost_call_comes_first(stack: str, outermost: Any, innermost: Any) -> None:
    frames = read_frames(stack)

    assert frames[0] == outermost
    assert frames[-1] == innermost


@pytest.mark.parametrize("stack", ["", "no stack", "at the beach", "File: x", "{}"])
def test_what_is_no_stack_has_no_frames(stack: str) -> None:
    assert read_frames(stack) == []


def test_of_many_frames_both_ends_are_kept() -> None:
    frames = read_frames("\n".join(f'  File "a.py", line {number}, in f' for number in range(1_000)))

    assert len(frames) == MOST_FRAMES
    assert (frames[0]["lineno"], frames[-1]["lineno"]) == (0, 999)


@given(st.text(alphabet=' \tat()#:/.x1\n"File,line', max_size=300))
def test_any_text_is_read(stack: str) -> None:
    for frame in read_frames(stack):
        assert frame["filename"]


def test_hostile_lines_take_no_time() -> None:
    read_frames("at " + "a(" * 200_000 + "\n" + "x" * 200_000 + "()\n" * 1_000)
