"""What is remembered: how far each file has been read, and what has yet to be acknowledged."""
