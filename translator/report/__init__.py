"""Traces for people: their trees, what they add up to, and a page that shows them."""
