"""The container image: what is in it, and how it runs."""
