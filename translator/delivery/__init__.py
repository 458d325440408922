"""Envelopes to answers: where to send, one attempt to send, and sending until it is acknowledged.

Sentry's SDK does the HTTP (proxies, TLS, authentication); when to try again is decided here.
"""
