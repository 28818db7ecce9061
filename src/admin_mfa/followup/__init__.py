"""What happens to a finding: a notice, a reminder, enforcement where asked for, and release.

`finding`, `enforcement`, `options` and `notices` are pure. `records`, `channels`, `rule` and `users` each speak to
one part of AWS through a client that they are given. `actions` joins them, and `remediation` exposes it to
the Automation documents.
"""
