"""Historical logs: read in the order of their own time, sent as whole traces, resumed where they stopped."""
