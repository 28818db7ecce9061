"""Read what a policy says: documents, coverage, wildcards, conditions, and the AWS managed policies that matter."""
