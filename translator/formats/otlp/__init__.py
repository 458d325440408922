"""OTLP-JSON lines: traces and logs of GenAI instrumentation."""
