"""The same run, logged with structlog, loguru and python-json-logger: python run.py DIRECTORY.

pip install structlog loguru python-json-logger
"""

import json
import logging
import sys
from pathlib import Path

import structlog
from loguru import logger as loguru
from pythonjsonlogger.json import JsonFormatter

STEPS = json.loads(Path(__file__).with_name("steps.json").read_text())
OUT = Path(sys.argv[1])

for name, stamp in {
    "structlog": structlog.processors.TimeStamper(fmt="iso"),
    "structlog-epoch": structlog.processors.TimeStamper(),
}.items():
    with (OUT / f"{name}.jsonl").open("w") as file:
        structlog.configure(
            processors=[structlog.processors.add_log_level, stamp, structlog.processors.JSONRenderer()],
            logger_factory=structlog.WriteLoggerFactory(file),
        )
        log = structlog.get_logger()
        for event, fields in STEPS:
            log.info(event, **fields)

loguru.remove()
(OUT / "loguru.jsonl").unlink(missing_ok=True)
loguru.add(OUT / "loguru.jsonl", serialize=True)
for event, fields in STEPS:
    loguru.bind(**fields).info(event)

FORMATTERS = {
    "python-json-logger": JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"),
    "python-json-logger-timestamp": JsonFormatter("%(levelname)s %(message)s", timestamp=True),
    "json-in-message": JsonFormatter("%(asctime)s %(levelname)s %(message)s"),
    "text-prefix": logging.Formatter("%(asctime)s %(levelname)s [%(name)s] {x} %(message)s"),
}
for name, formatter in FORMATTERS.items():
    handler = logging.FileHandler(OUT / f"{name}.jsonl", mode="w")
    handler.setFormatter(formatter)
    log = logging.getLogger("runner")
    log.handlers, log.level, log.propagate = [handler], logging.INFO, False
    for event, fields in STEPS:
        if name in ("json-in-message", "text-prefix"):
            log.info("%s", json.dumps({"event": event, **fields}))
        else:
            log.info(event, extra=fields)
    handler.close()
