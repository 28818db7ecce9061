"""The measured programs; each runs in a separate process."""
