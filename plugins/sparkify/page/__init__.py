"""The page "Sparkify" in Airflow's navigation: what the warehouse holds, which hours are loaded, and what came of it.

Runs in Airflow's api-server. Reads the warehouse through the connection `redshift`, and Airflow's runs.
"""
