"""The only modules that call AWS: they return facts, and know nothing of verdicts."""
