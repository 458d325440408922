"""What people are shown of traces: trees, selections, and the page."""
