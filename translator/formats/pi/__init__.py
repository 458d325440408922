"""The session files of Pi, and of what is built on it (OpenClaw, oh-my-pi)."""
