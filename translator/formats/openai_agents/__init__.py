"""The trace export of the OpenAI Agents SDK."""
