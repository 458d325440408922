"""What an operator does in the first half hour, as docs/deployment.md tells it, played on a fresh machine."""
