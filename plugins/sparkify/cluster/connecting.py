"""Whether the connection that the pipeline loads by leads to the cluster, and what to set where it does not."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow.providers.common.sql.operators.sql import BaseSQLOperator
from airflow.sdk.exceptions import AirflowFailException

from sparkify.cluster import provisioned, serverless
from sparkify.cluster.account import Aws, default_region
from sparkify.cluster.errors import ClusterError
from sparkify.cluster.form import UpForm
from sparkify.failures import PermanentWarehouseError, WarehouseError
from sparkify.operators.warehouse import WarehouseOperator
from sparkify.session import Session

if TYPE_CHECKING:
    from airflow.sdk import Context

# The user that sql/grants/users.sql makes as it stands, and to whom bootstrap.sql gives its rights.
BOOTSTRAP_USER = "sparkify_loader"
_AWS_DEFAULT = "aws_default"
_OF_AWS = (".redshift.amazonaws.com", ".redshift-serverless.amazonaws.com")


@dataclass(frozen=True)
class Target:
    """Where the cluster answers.

    :ivar serverless: whether it is a workgroup.
    :ivar namespace_id: its namespace's id, as `current_namespace` tells it; None if AWS does not say.
    :ivar secret_arn: the secret with the admin's password; only its name is ever used here.
    """

    name: str
    region: str
    host: str
    port: int
    database: str
    loader: str
    serverless: bool
    namespace_id: str | None
    secret_arn: str | None

    @property
    def connection(self) -> dict[str, Any]:
        """The connection to set, without any secret: IAM logs in."""
        extra: dict[str, Any] = {"iam": True, "region": self.region, "application_name": "sparkify"}
        if self.serverless:
            extra |= {"is_serverless": True, "serverless_work_group": self.name}
        else:
            # The user twice: the hook asks for a password with the one, the driver with the other.
            extra |= {"cluster_identifier": self.name, "db_user": self.loader}
        login = {} if self.serverless else {"login": self.loader}
        return {
            "conn_type": "redshift",
            "host": self.host,
            "port": self.port,
            "schema": self.database,
            **login,
            "extra": extra,
        }

    def advice(self, conn_id: str, aws_conn_id: str = _AWS_DEFAULT) -> str:
        """What to do for the connection to work.

        :param aws_conn_id: the AWS connection by which it asks for its login.
        """
        secret = f" (password: Secrets Manager, {self.secret_arn})" if self.secret_arn else ""
        # Redshift Serverless names the user after who asks for the credentials.
        user = '"IAMR:<the workers\' role>"' if self.serverless else self.loader
        instead = "" if user == BOOTSTRAP_USER else f", with {user} in place of {BOOTSTRAP_USER} (docs/security.md)"
        return (
            f"Set the connection {conn_id!r} to\n{json.dumps(self.connection)}\n(docs/connections.md has other forms) "
            f"after you have run, as the admin{secret}, sql/grants/users.sql, statement by statement (one whose user "
            "or group is there already fails and is done), and then sql/grants/bootstrap.sql in the database "
            f"{self.database}{instead}; attached the workers' policy to their identity; and set region_name in the "
            f"extra of {aws_conn_id} to {self.region}: there the workers ask for their login. Then clear this task"
        )

    def mismatch(self, connection: Any) -> str | None:
        """Tell why a connection cannot lead to this cluster; None if it may, through a tunnel or a name of your own.

        :param connection: Airflow's connection, of type redshift or postgres.
        """
        host, extra = (connection.host or "").lower(), connection.extra_dejson
        # As a redshift connection has it, and as a postgres one.
        keys = (
            ("serverless_work_group", "workgroup-name")
            if self.serverless
            else ("cluster_identifier", "cluster-identifier")
        )
        named = next((extra[key] for key in keys if extra.get(key)), None)
        of_serverless = bool(extra.get("is_serverless") or extra.get("redshift-serverless"))
        if extra.get("iam") and of_serverless != self.serverless:
            kinds = {True: "serverless", False: "a provisioned cluster"}
            return f"it is for {kinds[of_serverless]}, which does not fit {kinds[self.serverless]}"
        if named and named != self.name:
            return f"it names {named}, the cluster is {self.name}"
        if host.removesuffix(".cn").endswith(_OF_AWS) and host != self.host.lower():
            return f"its host is {host}, the cluster's {self.host}"
        if connection.schema and connection.schema != self.database:
            return f"its database is {connection.schema}, the cluster's {self.database}"
        return None


class CheckConnectionOperator(WarehouseOperator):
    """Connect by the pipeline's own connection; see that it leads to this cluster, as who may make the tables.

    Changes nothing.

    :param form: the params of sparkify_cluster_up as a JSON object (templated).
    :param region: the cluster's AWS region (templated).
    :param schemas: where the user must be allowed to make tables.
    :param aws_conn_id: the connection of who may provision.
    """

    template_fields: Sequence[str] = (*BaseSQLOperator.template_fields, "form", "region")

    def __init__(
        self, *, form: str, region: str, schemas: Sequence[str], aws_conn_id: str = _AWS_DEFAULT, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.form = form
        self.region = region
        self.schemas = schemas
        self.aws_conn_id = aws_conn_id

    def work(self, context: "Context") -> dict[str, str]:
        """Connect.

        :return: user and database.
        :raises ClusterError: if the connection is not defined, or leads elsewhere, or its user may not make the tables;
            says what to set.
        :raises PermanentWarehouseError: if it is refused for good.
        :raises WarehouseError: if it cannot be reached.
        """
        from airflow.sdk import BaseHook
        from airflow.sdk.exceptions import AirflowNotFoundException

        conn_id = str(self.conn_id)
        target = find_target(Aws(self.aws_conn_id, self.region), UpForm.parse(self.form, region=self.region))
        try:
            connection = BaseHook.get_connection(conn_id)
        except AirflowNotFoundException as error:
            raise ClusterError(f"connection {conn_id!r} is not defined. {target.advice(conn_id)}") from error
        advice = target.advice(conn_id, _asks_by(connection))
        if why := target.mismatch(connection) or _asks_elsewhere(connection, self.region):
            raise ClusterError(f"connection {conn_id!r} leads elsewhere: {why}. {advice}")
        try:
            with self.session(context) as session:
                user, database = session.fetch("select current_user, current_database()")[0]
                # Tells a tunnel to another cluster, too.
                there = target.namespace_id and str(session.value("select current_namespace"))
                closed = _closed(session, self.schemas)
        except (PermanentWarehouseError, WarehouseError) as error:
            raise _with(error, advice) from error
        if there != target.namespace_id:
            raise ClusterError(
                f"connection {conn_id!r} leads to the namespace {there}, but the cluster's is {target.namespace_id}. "
                f"{advice}"
            )
        if closed:
            raise ClusterError(
                f"connection {conn_id!r} logs in as {user}, who may not make tables in {', '.join(closed)}. {advice}"
            )
        self.log.info("Connected to %s as %s by connection %s", database, user, conn_id)
        return {"user": str(user), "database": str(database)}


def find_target(aws: Aws, form: UpForm) -> Target:
    """Ask AWS where the cluster answers.

    :raises ClusterError: if it is not there.
    """
    names = form.names
    cluster = provisioned.find(aws.client("redshift"), names)
    if cluster is not None:
        _, _, namespace = str(cluster.get("ClusterNamespaceArn", "")).rpartition(":")
        endpoint = cluster["Endpoint"]
        return Target(
            name=form.name,
            region=aws.region,
            host=endpoint["Address"],
            port=endpoint["Port"],
            database=cluster["DBName"],
            loader=form.loader,
            serverless=False,
            namespace_id=namespace or None,
            secret_arn=cluster.get("MasterPasswordSecretArn"),
        )
    client = aws.client("redshift-serverless")
    workgroup, space = serverless.find_workgroup(client, names), serverless.find_namespace(client, names)
    if workgroup is None or space is None:
        raise ClusterError(f"there is no cluster and no serverless workgroup {form.name} in {aws.region}")
    return Target(
        name=form.name,
        region=aws.region,
        host=workgroup["endpoint"]["address"],
        port=workgroup["endpoint"]["port"],
        database=space["dbName"],
        loader=form.loader,
        serverless=True,
        namespace_id=space.get("namespaceId"),
        secret_arn=space.get("adminPasswordSecretArn"),
    )


def _asks_by(connection: Any) -> str:
    """The AWS connection by which the hook would ask for credentials."""
    # Named by the type postgres alone; the driver of the type redshift refuses it.
    return str(connection.extra_dejson.get("aws_conn_id", _AWS_DEFAULT))


def _asks_elsewhere(connection: Any, region: str) -> str | None:
    """Tell whether the hook would ask for credentials in another region than the cluster's.

    Neither type of connection lets its own extra say the region: the hooks take the AWS connection's.
    """
    if not connection.extra_dejson.get("iam"):
        return None
    aws_conn_id = _asks_by(connection)
    asked = default_region(aws_conn_id)
    return None if asked == region else f"by {aws_conn_id} it asks for its login in {asked}, the cluster is in {region}"


def _closed(session: Session, schemas: Sequence[str]) -> list[str]:
    """Of the schemas those in which the session's user may make no table; one that is missing must be made first."""
    marks = ", ".join(["%s"] * len(schemas))
    rights = dict(
        session.fetch(
            "select nspname, has_schema_privilege(nspname, 'create') and has_schema_privilege(nspname, 'usage') "
            f"from pg_namespace where nspname in ({marks})",
            schemas,
        )
    )
    rights_on_missing = bool(session.value("select has_database_privilege(current_database(), 'create')"))
    return [schema for schema in schemas if not rights.get(schema, rights_on_missing)]


def _with(error: AirflowFailException | WarehouseError, advice: str) -> Exception:
    message = f"{error}\n{advice}"
    return WarehouseError(message, soon=error.soon) if isinstance(error, WarehouseError) else ClusterError(message)
