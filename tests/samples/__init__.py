"""The sample agents: their logs, and what must come of them."""
