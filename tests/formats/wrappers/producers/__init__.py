"""What made the recordings."""
