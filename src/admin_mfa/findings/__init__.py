"""What is reported about an account, and the formats that other tools import: ASFF, OCSF, SARIF and JUnit."""
