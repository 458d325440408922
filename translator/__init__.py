"""Agent logs in, Sentry traces out."""

__version__ = "0.1.0"
