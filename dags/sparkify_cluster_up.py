"""
# Sparkify: make a Redshift warehouse

Makes in your AWS account what the pipeline needs, and nothing wider: the IAM role that Redshift assumes for COPY, which
only reads; a policy for Airflow's workers; a security group that lets one network in; and a cluster, provisioned or
serverless, encrypted and without a public address. Then it checks the connection `redshift` and creates the tables.

**It costs money.** The task `plan` says how much an hour, before anything is made. Tick *Dry run* to have only that:
the plan, the policies and the price. `sparkify_cluster_pause` stops the cost of computing, `sparkify_cluster_down` all.

**Again.** A run finds what is there and makes what is missing: run twice it changes nothing, and a run that stopped
half-way is completed by clearing its failed task, or by another run. A resource of the same name that does not carry
the tag `sparkify:cluster` is never taken over: the run stops and names it. Nor is a cluster changed that is there with
another size.

**The first time** the task `check_connection` fails, and says what to set: the connection's JSON, without a password,
and that the cluster's owner is to run `sql/grants/users.sql` and `sql/grants/bootstrap.sql`, which make the user that
loads and give it its rights: it says which user. Do both, clear the task.

**The password** of the cluster's owner is made by Redshift and kept in Secrets Manager. Airflow never has it.

**Rights.** The connection `aws_default` needs what `docs/cluster.md` lists. The S3 prefixes come from the Variables
that `sparkify_etl` uses.
"""

from datetime import timedelta

import jinja2
from airflow.sdk import DAG, Param

from sparkify.cluster import form as fields
from sparkify.cluster.connecting import CheckConnectionOperator
from sparkify.cluster.sensors import ClusterStatusSensor
from sparkify.cluster.up import (
    EnsureAccessOperator,
    EnsureNetworkOperator,
    EnsureWarehouseOperator,
    PlanClusterOperator,
)
from sparkify.cluster.wiring import CLUSTER, name_field, region_field, task_defaults
from sparkify.operators.manage_tables import ManageTablesOperator
from sparkify.sql_files import sql_folder
from sparkify.tables import GRANTS, MIGRATIONS, TABLES

wanted = {**CLUSTER, "form": "{{ params | tojson }}"}
# No Variable has a default; sparkify_etl says why.
storage = {
    "source": "{{ var.value.sparkify_source }}",
    "log_layout": "{{ var.value.sparkify_log_layout }}",
    "song_prefix": "{{ var.value.sparkify_song_prefix }}",
    "jsonpaths": "{{ var.value.sparkify_jsonpaths }}",
    "manifest_prefix": "{{ var.value.sparkify_manifest_prefix }}",
}

with DAG(
    dag_id="sparkify_cluster_up",
    description="By hand: make a Redshift warehouse in AWS, with role, network, connection check and tables",
    doc_md=__doc__,
    tags=["sparkify", "manual", "aws"],
    schedule=None,
    max_active_runs=1,
    default_args=task_defaults(),
    params={
        "name": name_field("sparkify, or sparkify- and more: all that is made is named after it."),
        "region": region_field("COPY from a bucket of another region costs traffic."),
        "dry_run": Param(
            False,
            type="boolean",
            title="Dry run",
            description="Only say what would be made, what it may do, and what it costs.",
        ),
        "ingress_cidr": Param(
            "",
            type="string",
            maxLength=49,
            title="Network that may connect",
            description="Required. An IPv4 CIDR block, 203.0.113.0/24 or 203.0.113.7/32 say: of workers and analysts.",
            section="Network",
        ),
        "any_address": Param(
            False,
            type="boolean",
            title="Yes, let the internet in",
            description="Confirms a network like 0.0.0.0/0, which is refused otherwise.",
            section="Network",
        ),
        "publicly_accessible": Param(
            False,
            type="boolean",
            title="Public address",
            description="Whether the cluster gets one. Without, it is reached from its VPC, or through a tunnel.",
            section="Network",
        ),
        "port": Param(5439, type="integer", minimum=5431, maximum=8215, title="Port", section="Network"),
        "vpc_id": Param(
            None,
            type=["null", "string"],
            pattern=fields.VPC_PATTERN,
            title="VPC",
            description="Empty: the default VPC.",
            section="Network",
        ),
        "subnet_ids": Param(
            [],
            type="array",
            items={"type": "string", "pattern": fields.SUBNET_PATTERN},
            title="Subnets",
            description="One a line. Empty: all of the VPC's.",
            section="Network",
        ),
        "kind": Param(
            fields.PROVISIONED,
            type="string",
            enum=list(fields.KINDS),
            title="Kind",
            description="Provisioned is billed while it is there, serverless while queries run.",
            section="Warehouse",
        ),
        "node_type": Param(
            "ra3.large",
            type="string",
            enum=list(fields.NODE_COUNTS),
            title="Node type",
            description="Of a provisioned cluster.",
            section="Warehouse",
        ),
        "nodes": Param(
            1,
            type="integer",
            minimum=1,
            maximum=128,
            title="Nodes",
            description="1 is a single-node cluster, which ra3.large and ra3.xlplus offer; 2 or more a multi-node one.",
            section="Warehouse",
        ),
        "base_capacity": Param(
            8,
            type="integer",
            enum=list(fields.BASE_CAPACITIES),
            title="Base capacity",
            description="Of serverless, in Redshift Processing Units.",
            section="Warehouse",
        ),
        "database": Param(
            "sparkify", type="string", pattern=fields.DATABASE_PATTERN, title="Database", section="Users"
        ),
        "admin_user": Param(
            "sparkify_admin",
            type="string",
            pattern=fields.USER_PATTERN,
            title="Owner",
            description="The cluster's superuser. Its password lies in Secrets Manager.",
            section="Users",
        ),
        "loader": Param(
            "sparkify_loader",
            type="string",
            pattern=fields.USER_PATTERN,
            title="Loading user",
            description="Of a provisioned cluster: the user to be made by sql/grants/users.sql, which says "
            "sparkify_loader. The workers may log in as it, and as no other. On serverless AWS names their user.",
            section="Users",
        ),
    },
    template_searchpath=[str(sql_folder())],
    template_undefined=jinja2.StrictUndefined,
) as dag:
    plan = PlanClusterOperator(
        task_id="plan",
        doc_md="Check the form, say what will be made and what it costs. Makes nothing.",
        storage=storage,
        **wanted,
    )
    make_access = EnsureAccessOperator(
        task_id="make_access", doc_md="The role for COPY and the workers' policy.", storage=storage, **wanted
    )
    make_network = EnsureNetworkOperator(
        task_id="make_network", doc_md="The security group and the subnet group.", **wanted
    )
    make_warehouse = EnsureWarehouseOperator(
        task_id="make_warehouse", doc_md="The cluster, or namespace and workgroup. Does not wait.", **wanted
    )
    wait_until_available = ClusterStatusSensor(
        task_id="wait_until_available",
        doc_md="Until it answers; the worker is free meanwhile.",
        target="available",
        mode="reschedule",
        poke_interval=30,
        timeout=timedelta(hours=1).total_seconds(),
        **CLUSTER,
    )
    check_connection = CheckConnectionOperator(
        task_id="check_connection",
        doc_md="Connect by `redshift`, as who may make the tables; where that fails, say what to set.",
        schemas=["public", "staging", "insights"],
        form=wanted["form"],
        region=CLUSTER["region"],
    )
    create_tables = ManageTablesOperator(
        task_id="create_tables",
        doc_md="As `sparkify_tables` does with *create*.",
        action="create",
        confirm="",
        tables=list(TABLES),
        migrations=list(MIGRATIONS),
        grants=list(GRANTS),
    )
    plan >> [make_access, make_network] >> make_warehouse >> wait_until_available >> check_connection >> create_tables
