"""What a person sees of the traces: a real Spotlight, looked at with a real browser."""
