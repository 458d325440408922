"""The tests of translator."""
