"""The chats that Gemini CLI records."""
