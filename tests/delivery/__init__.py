"""Tests of delivery: destinations, attempts over real HTTP on loopback, and sending until acknowledged."""
