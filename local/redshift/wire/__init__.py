"""The PostgreSQL v3 protocol: messages, streams and the two log-ins."""
