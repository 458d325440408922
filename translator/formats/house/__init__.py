"""Formats of one's own house: keys of any JSON log mapped to the fields of the log format."""
