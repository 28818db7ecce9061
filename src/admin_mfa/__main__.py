"""`python -m admin_mfa` is the command `admin-mfa`."""

from admin_mfa.cli import main

if __name__ == "__main__":
    main()
