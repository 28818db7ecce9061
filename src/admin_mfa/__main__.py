"""Run the command `admin-mfa` with `python -m admin_mfa`."""

from admin_mfa.cli import main

if __name__ == "__main__":
    main()
