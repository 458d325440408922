"""The order of the stages: lines in, envelopes out, for each way of running."""
