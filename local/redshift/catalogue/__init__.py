"""Redshift's system views and functions, as objects in the backend's pg_catalog."""
