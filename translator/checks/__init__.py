"""What is wrong with a log, and what its traces will lack. Pure: lines, events, spans to diagnostics."""
