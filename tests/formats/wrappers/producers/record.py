"""Two agents that log at once, through rsyslog and the journal of systemd: python record.py DIRECTORY.

It needs rsyslogd, systemd-journal-remote and journalctl; PATH and LD_LIBRARY_PATH say where.
"""

import json
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OUT = Path(sys.argv[1])
BEGIN = 1_795_423_737_000_000
RULES = """
global(workDirectory="%(dir)s")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="%(dir)s/log.sock")
template(name="json" type="list" option.jsonf="on") {
  property(outname="@timestamp" name="timereported" dateFormat="rfc3339" format="jsonf")
  property(outname="host" name="hostname" format="jsonf")
  property(outname="ident" name="programname" format="jsonf")
  property(outname="pid" name="procid" format="jsonf")
  property(outname="message" name="msg" format="jsonf")
}
action(type="omfile" file="%(dir)s/rsyslog-traditional.log" template="RSYSLOG_TraditionalFileFormat")
action(type="omfile" file="%(dir)s/rsyslog-iso.log" template="RSYSLOG_FileFormat")
action(type="omfile" file="%(dir)s/rsyslog-5424.log" template="RSYSLOG_SyslogProtocol23Format")
action(type="omfile" file="%(dir)s/rsyslog-json.log" template="json")
"""


def lines() -> list[tuple[int, int, str]]:
    """Process, time in microseconds, and text of what two agents write at once."""
    made = []
    for pid in (41, 42):
        trace = f"{pid:032x}"
        records: list[dict[str, object]] = [
            {"event": "agent.start", "agent": f"agent {pid}"},
            {"event": "tool.start", "call_id": "t1", "tool": "search", "arguments": {"q": 'Zürich "x" {'}},
            {"event": "tool.end", "call_id": "t1", "output": "tab\there" + "x" * 50},
            {"event": "model", "model": "gpt-5-mini", "duration_ms": 20, "usage": {"input_tokens": pid}},
            {"event": "agent.end", "agent": f"agent {pid}"},
        ]
        for number, record in enumerate(records):
            when = BEGIN + number * 1_000_000 + pid
            line = json.dumps({**record, "trace_id": trace, "ts": when}, ensure_ascii=False)
            made.append((pid, when, line))
        made.append((pid, BEGIN + 500_000 + pid, "not JSON at all"))
    return sorted(made, key=lambda one: one[1])


def through_rsyslog(directory: Path) -> None:
    """What rsyslogd writes, in its own formats."""
    rules = directory / "rsyslog.conf"
    rules.write_text(RULES % {"dir": directory})
    daemon = subprocess.Popen(["rsyslogd", "-n", "-f", rules, "-i", directory / "pid", *sys.argv[2:]])
    try:
        while not (directory / "log.sock").exists():
            time.sleep(0.1)
        for pid, _, text in lines():
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.connect(str(directory / "log.sock"))
                sender.send(f"<14>Nov 23 08:48:57 agents[{pid}]: {text}".encode())
        time.sleep(2)
    finally:
        daemon.terminate()
        daemon.wait()
    name = socket.gethostname()
    for file in directory.glob("rsyslog-*.log"):
        (OUT / file.name).write_text(file.read_text().replace(name, "box"))


def through_journald(directory: Path) -> None:
    """What journalctl shows of a journal."""
    entries = []
    for number, (pid, when, text) in enumerate(lines()):
        fields = {
            "__CURSOR": f"s=0;i={number}", "__REALTIME_TIMESTAMP": str(when + 7),
            "__MONOTONIC_TIMESTAMP": str(1000 + number), "_BOOT_ID": "0" * 31 + "1", "_TRANSPORT": "stdout",
            "PRIORITY": "6", "SYSLOG_IDENTIFIER": "agents", "MESSAGE": text, "_PID": str(pid),
            "_COMM": "python", "_HOSTNAME": "box", "_SYSTEMD_UNIT": "agents.service",
            "_MACHINE_ID": "0" * 31 + "2",
        }  # fmt: skip
        entries.append("".join(f"{key}={value}\n" for key, value in fields.items()))
    journal = directory / "agents.journal"
    subprocess.run(["systemd-journal-remote", "-o", journal, "-"], input="\n".join(entries).encode() + b"\n",
                   check=True)  # fmt: skip
    for form in ("json", "short-iso-precise", "short"):
        shown = subprocess.run(["journalctl", "--file", journal, "-o", form, "--utc", "--all"],
                               capture_output=True, check=True)  # fmt: skip
        (OUT / f"journald-{form}.log").write_bytes(shown.stdout)


with tempfile.TemporaryDirectory() as name:
    through_rsyslog(Path(name))
    through_journald(Path(name))
