"""The acceptance run: proves a deployed stack in a real account, with one user that it creates and removes.

It creates an administrator, so it is a program of its own and not part of the read-only command.
"""
