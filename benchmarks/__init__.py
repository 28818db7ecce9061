"""How fast the rule and the command are, against what could not be faster. `python -m benchmarks` prints it."""
