"""Audit an account from saved answers of IAM: no credentials, no network."""
