"""The demonstration: a sample agent, the sidecar and a small receiver, all on loopback."""
