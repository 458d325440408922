"""Contract tests: what is used of other packages, run against the oldest and newest of their versions."""
