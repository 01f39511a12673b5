"""COPY from S3: statement, objects, documents, values, rows."""
