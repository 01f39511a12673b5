"""UNLOAD to S3: statement, query, rows, files."""
