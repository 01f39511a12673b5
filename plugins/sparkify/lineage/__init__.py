"""What the operators tell OpenLineage: what was read and written, with columns, row counts and the checks' results.

Airflow's OpenLineage provider asks an operator when its task starts and ends, if a transport is configured
(`AIRFLOW__OPENLINEAGE__TRANSPORT`); without one nothing here is called, and without the provider nothing is missing. An
operator describes itself by a :class:`sparkify.lineage.flow.Flow`; :mod:`sparkify.lineage.events` says it in
OpenLineage's words.
"""
