"""Read and judge: one account, many accounts, one user explained, and a deployment examined."""
