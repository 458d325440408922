"""The documents are held to the code."""
