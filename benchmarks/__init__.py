"""Compare the rule and the command with a theoretical minimum: `python -m benchmarks`."""
