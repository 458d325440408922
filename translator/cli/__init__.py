"""The command line: one module per command; the only place that prints and reads the environment."""
