"""A task's flow in OpenLineage's words.

Names follow <https://openlineage.io/docs/spec/naming>: `s3://bucket` and a key, `redshift://cluster.region:port` and
`database.schema.table`. The table that one run stages in goes by the name of the table whose shape it has: as a data
set it is the same one, run after run. Events hold names, types, counts and the text of queries, never parameters,
addresses of roles, or logins.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sparkify.failures import PermanentWarehouseError, WarehouseError
from sparkify.lineage.flow import Checked, Flow, Objects, Written
from sparkify.lineage.queries import Reads, parse
from sparkify.s3 import split_url
from sparkify.session import open_session

if TYPE_CHECKING:
    from airflow.providers.common.sql.hooks.sql import DbApiHook
    from airflow.providers.openlineage.extractors import OperatorLineage
    from airflow.sdk.types import Logger
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import DatasetFacet, InputDatasetFacet, OutputDatasetFacet, column_lineage_dataset

_DEFAULT_SCHEMA = "public"
_TIMEOUT = timedelta(seconds=5)

Columns = Mapping[str, list[tuple[str, str]]]


def describe(flow: Flow, hook: "DbApiHook", log: "Logger", *, with_columns: bool) -> "OperatorLineage[Any, Any]":
    """Say a flow in OpenLineage's words.

    :param hook: the warehouse's; its connection tells the namespace.
    :param with_columns: ask the warehouse for the tables' columns, in a session of its own. If it does not answer,
        columns are left out, with a warning: the task has done its work.
    """
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.facet_v2 import sql_job

    queries = {written.table: parse(written.query, log) for written in flow.written if written.query}
    read = list(dict.fromkeys(table for query in queries.values() for table in query.tables))
    tables = [*read, *(checked.table for checked in flow.checked), *(written.table for written in flow.written)]
    place = _Place(hook, _columns(hook, tables, log) if with_columns else {})
    inputs = [_objects(objects) for objects in flow.objects]
    inputs += [place.input(table) for table in read]
    inputs += [place.input(checked.table, _findings(checked)) for checked in flow.checked]
    outputs = [place.output(written, queries.get(written.table, Reads())) for written in flow.written]
    text = ";\n\n".join(written.query for written in flow.written if written.query)
    job = {"sql": sql_job.SQLJobFacet(query=text, dialect="redshift")} if text else {}
    return OperatorLineage(inputs=inputs, outputs=outputs, job_facets=job)


class _Place:
    """The warehouse as OpenLineage names it, and its tables as data sets."""

    def __init__(self, hook: "DbApiHook", columns: Columns) -> None:
        connection = hook.get_connection(hook.get_conn_id())
        info: Any = hook.get_openlineage_database_info(connection)
        self._namespace = f"{info.scheme}://{info.authority}"
        self._database = info.database
        self._columns = columns

    def input(self, table: str, findings: "dict[str, InputDatasetFacet] | None" = None) -> "InputDataset":
        from openlineage.client.event_v2 import InputDataset

        return InputDataset(
            namespace=self._namespace, name=self._name(table), facets=self._schema(table), inputFacets=findings or {}
        )

    def output(self, written: Written, query: Reads) -> "OutputDataset":
        from openlineage.client.event_v2 import OutputDataset
        from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

        facets = self._schema(written.table)
        if query.columns:
            facets["columnLineage"] = self._column_lineage(query.columns)
        counted: dict[str, OutputDatasetFacet] = {}
        if written.rows is not None:
            counted["outputStatistics"] = statistics.OutputStatisticsOutputDatasetFacet(rowCount=written.rows)
        return OutputDataset(
            namespace=self._namespace, name=self._name(written.table), facets=facets, outputFacets=counted
        )

    def _name(self, table: str) -> str:
        return f"{self._database}.{'.'.join(_parts(table))}"

    def _schema(self, table: str) -> "dict[str, DatasetFacet]":
        from openlineage.client.facet_v2 import schema_dataset

        fields = [
            schema_dataset.SchemaDatasetFacetFields(name=name, type=kind, ordinal_position=position)
            for position, (name, kind) in enumerate(self._columns.get(table, ()), start=1)
        ]
        return {"schema": schema_dataset.SchemaDatasetFacet(fields=fields)} if fields else {}

    def _column_lineage(
        self, columns: Mapping[str, tuple[tuple[str, str], ...]]
    ) -> "column_lineage_dataset.ColumnLineageDatasetFacet":
        from openlineage.client.facet_v2 import column_lineage_dataset as lineage

        fields = {
            column: lineage.Fields(
                inputFields=[lineage.InputField(self._namespace, self._name(table), field) for table, field in made]
            )
            for column, made in columns.items()
        }
        return lineage.ColumnLineageDatasetFacet(fields=fields)


def _objects(objects: Objects) -> "InputDataset":
    from openlineage.client.event_v2 import InputDataset
    from openlineage.client.facet_v2 import base_subset_dataset as subset
    from openlineage.client.facet_v2 import input_statistics_input_dataset as statistics

    bucket, key = split_url(objects.url)
    facets: dict[str, InputDatasetFacet] = {}
    if objects.files is not None:
        facets["inputStatistics"] = statistics.InputStatisticsInputDatasetFacet(fileCount=objects.files)
    if objects.read:
        condition = subset.LocationSubsetCondition(locations=list(objects.read))
        facets["subset"] = subset.InputSubsetInputDatasetFacet(inputCondition=condition)
    return InputDataset(namespace=f"s3://{bucket}", name=key.rstrip("/") or "/", inputFacets=facets)


def _findings(checked: Checked) -> "dict[str, InputDatasetFacet]":
    from openlineage.client.facet_v2 import data_quality_assertions_dataset as quality
    from openlineage.client.facet_v2 import input_statistics_input_dataset as statistics

    facets: dict[str, InputDatasetFacet] = {}
    if checked.rows is not None:
        facets["inputStatistics"] = statistics.InputStatisticsInputDatasetFacet(rowCount=checked.rows)
    if checked.results:
        assertions = [
            quality.Assertion(
                assertion=result.check_type,
                success=result.success,
                column=result.column,
                severity=result.severity,
                name=result.name,
                expected=result.expected,
                actual=result.actual,
            )
            for result in checked.results
        ]
        facets["dataQualityAssertions"] = quality.DataQualityAssertionsDatasetFacet(assertions=assertions)
    return facets


def _parts(table: str) -> tuple[str, str]:
    """Schema and name of a table."""
    schema, _, name = table.rpartition(".")
    return schema or _DEFAULT_SCHEMA, name


def _columns(hook: "DbApiHook", tables: Iterable[str], log: "Logger") -> Columns:
    """Ask the warehouse for the columns of tables: name and type, in their order."""
    wanted = {_parts(table): table for table in tables}
    if not wanted:
        return {}
    # https://docs.aws.amazon.com/redshift/latest/dg/r_SVV_COLUMNS.html
    any_of = " or ".join(["(table_schema = %s and table_name = %s)"] * len(wanted))
    query = (
        "select table_schema, table_name, column_name, data_type, character_maximum_length\n"
        f"from svv_columns\nwhere {any_of}\norder by table_schema, table_name, ordinal_position"
    )
    try:
        with open_session(hook, label="OpenLineage", log=log, statement_timeout=_TIMEOUT) as session:
            rows = session.fetch(query, [part for parts in wanted for part in parts])
    except (WarehouseError, PermanentWarehouseError) as error:
        log.warning("Columns are left out of the lineage: %s", error)
        return {}
    columns: dict[str, list[tuple[str, str]]] = {}
    for schema, name, column, kind, width in rows:
        columns.setdefault(wanted[schema, name], []).append((column, f"{kind}({width})" if width else kind))
    return columns
