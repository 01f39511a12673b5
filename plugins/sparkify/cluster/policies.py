"""The IAM documents of a cluster: who may assume its role, what that may read, and what the workers may do."""

import json
from typing import Any

from sparkify.cluster.account import Account
from sparkify.cluster.form import SERVERLESS, UpForm
from sparkify.cluster.names import TAG
from sparkify.cluster.storage import Storage

Document = dict[str, Any]
_VERSION = "2012-10-17"


def trust_document(form: UpForm, account: Account) -> Document:
    """Who may assume the role: Redshift, for database users of this cluster alone; of serverless, of this region's.

    Redshift gives the database user's ARN as the external id, however the user has logged in: an IAM identity is the
    user `IAMR:<role>`. So no other cluster can be made to use the role, neither ours nor another account's.
    https://docs.aws.amazon.com/redshift/latest/mgmt/authorizing-redshift-service-database-users.html

    For serverless that page names the warehouse in the ARN by `serverless-<account>-<workgroup id>`, an id that is not
    known before the workgroup is made, and editions of it that are still around by the workgroup's name. A condition
    that takes the wrong one stops every COPY, so this takes any warehouse of the account and region; the role must
    also be attached to it, which takes iam:PassRole. Not aws:SourceArn, which AWS describes beside it: others saw COPY
    on serverless fail by that key, and work by the external id.
    https://docs.aws.amazon.com/redshift/latest/mgmt/cross-service-confused-deputy-prevention.html
    """
    services, warehouse = ["redshift.amazonaws.com"], form.name
    if form.kind == SERVERLESS:
        services.append("redshift-serverless.amazonaws.com")
        warehouse = "*"
    return document(
        {
            "Sid": "RedshiftForItsDatabaseUsers",
            "Effect": "Allow",
            "Principal": {"Service": services if len(services) > 1 else services[0]},
            "Action": "sts:AssumeRole",
            "Condition": {"StringLike": {"sts:ExternalId": account.arn("redshift", f"dbuser:{warehouse}/*")}},
        }
    )


def copy_document(storage: Storage, account: Account) -> Document:
    """What the role may do: read the sources, the jsonpaths object and the manifests, and list those prefixes.

    COPY needs GET on objects and LIST on buckets; the ledger is loaded by its key, which to COPY is a prefix.
    https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-access-permissions.html
    """
    return document(
        allow("ReadObjects", ["s3:GetObject"], [_s3(account, place) for place in storage.readable]),
        *_listing(storage, account),
    )


def worker_document(form: UpForm, storage: Storage, account: Account) -> Document:
    """What Airflow's workers may do: list sources and manifests, write and delete manifests, log in as the loader."""
    if form.kind == SERVERLESS:
        # A workgroup's ARN holds an id that is not known before it is made.
        login = allow(
            "LogInToThisWorkgroup",
            ["redshift-serverless:GetCredentials"],
            [account.arn("redshift-serverless", "workgroup/*")],
            {"StringEquals": {f"aws:ResourceTag/{TAG}": form.name}},
        )
    else:
        login = allow(
            "LogInAsTheLoader",
            ["redshift:GetClusterCredentials"],
            [
                account.arn("redshift", f"dbuser:{form.name}/{form.loader}"),
                account.arn("redshift", f"dbname:{form.name}/{form.database}"),
            ],
        )
    return document(
        *_listing(storage, account),
        allow("WriteManifests", ["s3:PutObject", "s3:DeleteObject"], [_s3(account, storage.writable)]),
        login,
    )


def document(*statements: Document) -> Document:
    """A policy of these statements."""
    return {"Version": _VERSION, "Statement": list(statements)}


def allow(sid: str, actions: list[str], resources: list[str], condition: Document | None = None) -> Document:
    """A statement that allows actions on resources."""
    statement: Document = {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources}
    return {**statement, "Condition": condition} if condition else statement


def as_text(policy: Document, *, indent: int | None = None) -> str:
    """The JSON of a policy."""
    return json.dumps(policy, indent=indent)


def _listing(storage: Storage, account: Account) -> list[Document]:
    return [
        allow(
            f"List{number}",
            ["s3:ListBucket"],
            [_s3(account, bucket)],
            {"StringLike": {"s3:prefix": list(prefixes)}},
        )
        for number, (bucket, prefixes) in enumerate(storage.listable.items(), 1)
    ]


def _s3(account: Account, place: str) -> str:
    return f"arn:{account.partition}:s3:::{place}"
