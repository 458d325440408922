"""What providers of models say, in one form: messages, token counts, whole bodies and errors."""
