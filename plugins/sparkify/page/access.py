"""Who may see the page: whoever is logged in to Airflow and may read the DAG `sparkify_etl` and its runs."""

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import requires_access_dag
from fastapi import Depends

ETL_DAG = "sparkify_etl"

# Airflow answers 401 to whoever is not logged in and 403 to whoever lacks the right. The page names runs, so reading
# the DAG alone is not enough where an auth manager tells both rights apart.
DEMANDED = [
    Depends(requires_access_dag("GET", param_dag_id=ETL_DAG)),
    Depends(requires_access_dag("GET", DagAccessEntity.RUN, param_dag_id=ETL_DAG)),
]
