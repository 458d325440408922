"""Events to spans: pairing, parents, ids. Pure: times come in as arguments."""
