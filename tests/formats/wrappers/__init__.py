"""Logs in the wrappers of collectors and runtimes."""
