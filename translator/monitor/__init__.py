"""What a running sidecar tells of itself: figures, metrics, health and a heartbeat."""
