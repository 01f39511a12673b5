# `deployed` is Airflow with this project in it. `cluster` adds what it needs on Kubernetes. `local` adds the stand-in
# for Redshift and S3 that the compose profile `local` runs, and is never deployed.
ARG AIRFLOW_IMAGE=apache/airflow:3.3.2-python3.11

FROM ${AIRFLOW_IMAGE} AS deployed
COPY --chown=airflow:0 requirements.txt /opt/airflow/requirements.txt
RUN pip install --no-cache-dir --require-hashes --requirement /opt/airflow/requirements.txt
COPY --chown=airflow:0 dags /opt/airflow/dags
COPY --chown=airflow:0 plugins /opt/airflow/plugins
COPY --chown=airflow:0 sql /opt/airflow/sql
COPY --chown=airflow:0 config /opt/airflow/config
# A new volume takes its owner from the image.
RUN mkdir -p /opt/airflow/auth /opt/airflow/logs

FROM deployed AS cluster
COPY --chown=airflow:0 deploy/helm/requirements.txt /opt/airflow/cluster-requirements.txt
# The lock is whole. Asked to resolve, older pips stumble over an extra whose newest version is not the locked one.
RUN pip install --no-cache-dir --no-deps --require-hashes --requirement /opt/airflow/cluster-requirements.txt

FROM deployed AS local
COPY --chown=airflow:0 local/requirements.txt /opt/airflow/local-requirements.txt
RUN pip install --no-cache-dir --require-hashes --requirement /opt/airflow/local-requirements.txt \
    && mkdir -p /opt/airflow/s3
COPY --chown=airflow:0 local /opt/airflow/local
ENV PYTHONPATH=/opt/airflow:/opt/airflow/plugins
WORKDIR /opt/airflow
