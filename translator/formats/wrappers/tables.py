"""What is known of the JSON wrappers: their keys, as tables.

Sources: the documentation of docker's log drivers, systemd.journal-fields(7), Fluent Bit, Fluentd,
Vector, Filebeat, Amazon CloudWatch Logs, AWS Lambda and Google Cloud Logging.
"""

from __future__ import annotations

import re

import msgspec


class Shape(msgspec.Struct, frozen=True):
    """One kind of wrapper.

    Attributes:
        name: What it is called.
        signs: Sets of keys; a record that has all keys of one of them is of this kind.
        own: Keys that are the wrapper's, where it lays a record's own keys beside them.
        own_objects: The same, but only where their values are objects.
        merges: Whether it does so: otherwise only a text or an object in it is a record.
    """

    name: str
    signs: tuple[frozenset[str], ...]
    own: frozenset[str] = frozenset()
    own_objects: frozenset[str] = frozenset()
    merges: bool = True


def _signs(*signs: str) -> tuple[frozenset[str], ...]:
    return tuple(frozenset(sign.split()) for sign in signs)


def _keys(keys: str) -> frozenset[str]:
    return frozenset(keys.split())


DOCKER = Shape("docker", _signs("log stream time"), merges=False)
"""docker's json-file; only where there are no other keys but `DOCKER_KEYS`."""

DOCKER_KEYS = frozenset(("log", "stream", "time", "attrs"))

SHAPES: tuple[Shape, ...] = (
    Shape(
        "journald",
        _signs("MESSAGE __REALTIME_TIMESTAMP", "MESSAGE _SOURCE_REALTIME_TIMESTAMP", "MESSAGE _PID",
               "MESSAGE _TRANSPORT", "MESSAGE _SYSTEMD_UNIT", "MESSAGE _BOOT_ID",
               "MESSAGE SYSLOG_IDENTIFIER", "MESSAGE PROGRAM", "message __REALTIME_TIMESTAMP",
               "message _SYSTEMD_UNIT", "message _BOOT_ID"),
        _keys("PRIORITY CODE_FILE CODE_LINE CODE_FUNC INVOCATION_ID USER_INVOCATION_ID MESSAGE_ID TID "
              "SYSLOG_FACILITY SYSLOG_IDENTIFIER SYSLOG_PID SYSLOG_RAW SYSLOG_TIMESTAMP UNIT PROGRAM HOST "
              "PID date source_type host"),
    ),
    Shape(
        "cloudwatch",
        _signs("message timestamp ingestionTime", "message timestamp logStreamName", "@message @timestamp",
               "@message @logStream", "message timestamp eventId"),
        merges=False,
    ),
    Shape(
        "google cloud",
        _signs("jsonPayload insertId", "jsonPayload logName", "jsonPayload resource", "jsonPayload timestamp",
               "textPayload insertId", "textPayload logName", "textPayload resource",
               "textPayload timestamp"),
        merges=False,
    ),
    Shape(
        "lambda",
        _signs("message timestamp requestId", "message timestamp AWSRequestId"),
        merges=False,
    ),
    Shape(
        "filebeat",
        _signs("@timestamp @metadata", "@timestamp log input", "@timestamp agent ecs", "@timestamp ecs input",
               "@timestamp agent input", "@timestamp beat", "@timestamp prospector", "@timestamp log agent"),
        _keys("@metadata beat prospector offset source stream tags fileset"),
        _keys("agent host log ecs input container kubernetes cloud orchestrator docker elastic_agent "
              "data_stream event process systemd journald syslog"),
    ),
    Shape(
        "vector",
        _signs("source_type"),
        _keys("source_type file host container_created_at container_id container_name image label stream "
              "offset hostname appname procid msgid facility severity version source_ip port path"),
        _keys("kubernetes source metadata label"),
    ),
    Shape(
        "fluent",
        _signs("log stream", "log kubernetes", "log date", "log time", "log @timestamp", "log container_id",
               "log container_name", "log source", "kubernetes", "log logtag", "log _p", "log_processed",
               "message logtag", "message _p", "message container_id container_name",
               "message stream time", "message stream date", "message ident host", "log partial_message",
               "message partial_message"),
        _keys("log stream logtag _p date docker container_id container_name partial_message partial_id "
              "partial_ordinal partial_last pri ident host tag"),
        _keys("kubernetes docker"),
    ),
)  # fmt: skip
"""The wrappers; a record is of the first that it fits."""

STREAMS = frozenset(("stdout", "stderr"))
"""What runtimes say as `stream`; a program's own key of that name says something else."""

FLUENT_MERGES = frozenset(("kubernetes", "container_id", "container_name", "logtag", "_p", "log_processed"))
"""Keys, or a stream, by which a record is Fluent Bit's or Fluentd's even if its text is none of ours."""

VECTOR_SOURCES = frozenset((
    "file", "docker_logs", "kubernetes_logs", "journald", "syslog", "stdin", "socket", "exec", "http_server",
    "http", "fluent", "logstash", "vector", "kafka", "aws_s3", "aws_kinesis_firehose", "aws_sqs", "amqp",
    "datadog_agent", "demo_logs", "gcp_pubsub", "heroku_logs", "nats", "opentelemetry", "redis", "splunk_hec",
    "file_descriptor", "websocket", "pulsar", "mqtt", "okta", "statsd",
))  # fmt: skip
"""What Vector says as `source_type`."""

LISTS = ("logEvents", "events", "results")
"""Keys of lists of events: a subscription of CloudWatch, the output of `aws logs`."""

TEXTS = ("log", "message", "MESSAGE", "@message", "textPayload", "msg")
"""Keys of the text that a program wrote."""

OBJECTS = ("jsonPayload", "log_processed", "json")
"""Keys of the record that the wrapper has made of it."""

FILEBEAT_LOG = frozenset(("file", "offset", "flags", "level", "logger", "origin", "syslog", "source"))
"""What Filebeat's and ECS's own object `log` holds."""

TIMES = ("_SOURCE_REALTIME_TIMESTAMP", "__REALTIME_TIMESTAMP", "timestamp", "@timestamp", "time", "date",
         "ts", "asctime", "datetime", "@t",
         "receiveTimestamp", "ingestionTime", "SYSLOG_TIMESTAMP")  # fmt: skip
"""Keys of the time at which the wrapper saw the text, best first."""

WHO: tuple[tuple[str, ...], ...] = (
    ("_HOSTNAME", "host/name", "host", "hostname", "HOST"),
    ("kubernetes/namespace_name", "kubernetes/pod_namespace", "kubernetes/namespace",
     "resource/labels/namespace_name"),
    ("kubernetes/pod_name", "kubernetes/pod/name", "resource/labels/pod_name", "logStreamName", "logStream",
     "@logStream", "@log_stream", "log/file/path", "file", "tailed_path", "filepath", "_SYSTEMD_UNIT",
     "_SYSTEMD_USER_UNIT", "systemd/unit", "SYSLOG_IDENTIFIER", "appname", "ident", "PROGRAM",
     "resource/labels/revision_name", "resource/labels/function_name", "resource/labels/instance_id"),
    ("CONTAINER_NAME", "kubernetes/container_name", "kubernetes/container/name", "container/name",
     "container_name", "resource/labels/container_name"),
    ("CONTAINER_ID_FULL", "container_id", "container/id", "docker/container_id", "kubernetes/docker_id",
     "labels/instanceId", "_PID", "SYSLOG_PID", "process/pid", "procid", "pid", "PID"),
)  # fmt: skip
"""Where wrappers say whose text it is: one of each row. Steps into objects are written with `/`."""

PIECES: tuple[tuple[str, frozenset[str | bool], str, str], ...] = (
    ("partial_message", frozenset(("true", True)), "partial_id", "partial_last"),
    ("CONTAINER_PARTIAL_MESSAGE", frozenset(("true", True)), "CONTAINER_PARTIAL_ID",
     "CONTAINER_PARTIAL_LAST"),
    ("logtag", frozenset(("P",)), "", ""),
    ("_p", frozenset(("P",)), "", ""),
    ("_partial", frozenset(("true", True)), "", ""),
    ("_LINE_BREAK", frozenset(("line-max",)), "", ""),
)  # fmt: skip
"""How wrappers say that a line goes on: a key and its values, and the keys of the id of the whole line
and of what its last piece says. Without these the next text of the same stream is the next piece."""

MARKERS = re.compile(
    rb'"(?:log|MESSAGE|kubernetes|jsonPayload|textPayload|@timestamp|source_type|log_processed|logEvents'
    rb"|events|results|@message|ingestionTime|logStreamName|eventId|requestId|AWSRequestId"
    rb"|__REALTIME_TIMESTAMP|_SYSTEMD_UNIT|_BOOT_ID|logtag|_p|container_id|stream|ident|partial_message"
    rb')"'
)
"""What every JSON line that a known wrapper has made has in it: one search is quicker than many."""

TEXT_MARKER = b'{\\"'
"""The begin of a JSON object in a text in a JSON line."""
