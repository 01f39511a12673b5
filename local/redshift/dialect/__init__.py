"""Redshift statements in, PostgreSQL statements out, or a refusal."""
