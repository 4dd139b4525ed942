"""Messages and topics of anybody's, held to the schemas of a registry: for `momus encode`, `decode` and `audit`."""
