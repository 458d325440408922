"""Paths to lines: finding files, reading them, following them as they grow."""
