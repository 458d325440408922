"""Logs as real loggers write them."""
