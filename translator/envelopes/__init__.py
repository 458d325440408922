"""Spans to envelopes: Sentry's names and types, privacy, sizes. Pure."""
