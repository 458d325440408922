"""Lines to events: one reader per format."""
