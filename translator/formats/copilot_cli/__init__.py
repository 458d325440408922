"""The events that GitHub Copilot CLI writes of its sessions."""
