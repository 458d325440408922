"""The tests of what providers say."""
