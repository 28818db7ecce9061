"""Find the users who can make themselves administrator: privilege escalation, by a table of published ways."""
