"""A small dbt project, and dbt-redshift from PyPI, in an environment of its own, to run it."""
