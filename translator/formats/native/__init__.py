"""The translator's own log format, in whatever clothes common JSON loggers put it."""
