"""Tests of spans becoming envelopes."""
