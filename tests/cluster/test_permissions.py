"""What the DAGs call compared with the policy that the guide asks for, and every policy weighed for least privilege."""

import json
import re
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from sparkify.cluster.account import Account
from sparkify.cluster.errors import ClusterError
from sparkify.cluster.form import UpForm
from sparkify.cluster.operator_policy import ON_BEHALF, WITHOUT_RESOURCE, operator_policy
from sparkify.cluster.policies import copy_document, trust_document, worker_document
from sparkify.cluster.storage import Storage
from tests.cluster.forms import form
from tests.cluster.front import Call, Front
from tests.cluster.permitted import ACCOUNT, allows
from tests.cluster.runs import NAME, ROLE, SERVERLESS, UP, WORKER, Runs

ROOT = Path(__file__).resolve().parents[2]


def storage(**values: str) -> Storage:
    """What the pipeline's Variables say, but for what is given."""
    usual = {
        "source": "s3://music/raw",
        "log_layout": "log_data/%Y/%m/%Y-%m-%d-events.json",
        "song_prefix": "song_data/",
        "jsonpaths": "log_json_path.json",
        "manifest_prefix": "s3://scratch/manifests",
    }
    return Storage.of(**{**usual, **values})


PLACES = storage()


def statements(policy: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {statement["Sid"]: statement for statement in policy["Statement"]}


def whole_life(runs: Runs) -> None:
    """Everything that the three DAGs can do, so that every call they can make is made."""
    runs.up()
    # Six other sources: the workers' policy then has more versions than IAM keeps.
    for number in range(6):
        runs.set_variable("sparkify_source", f"s3://music-{number}")
        runs.up(until="make_access")
    runs.up({**UP, "ingress_cidr": "198.51.100.0/24"}, until="make_network")
    runs.pause("pause")
    runs.pause("resume")
    # Something uses the security group, and is asked for by name.
    runs.front.failures["ec2:DeleteSecurityGroup"] = ["DependencyViolation"]
    runs.down()
    runs.up({**SERVERLESS, "name": "sparkify-other"})
    # The same name as the other kind: who may assume the role changes.
    runs.up(until="make_access")
    runs.up(SERVERLESS, until="make_access")
    runs.run("sparkify_cluster_down", {"name": "sparkify-other", "confirm": "sparkify-other"})


@pytest.mark.slow
def test_the_policy_allows_every_call_and_asks_for_no_more_than_is_called(runs: Runs, front: Front) -> None:
    whole_life(runs)
    policy = operator_policy(ACCOUNT)
    assert [call.name for call in front.calls if not allows(policy, call)] == []
    asked = {action for sid, item in statements(policy).items() if sid not in ON_BEHALF for action in item["Action"]}
    assert asked == {call.name for call in front.calls}


def test_a_call_on_what_is_not_sparkifys_is_not_allowed() -> None:
    policy = operator_policy(ACCOUNT)
    for service, action, params in (
        ("redshift", "DeleteCluster", {"ClusterIdentifier": "warehouse"}),
        ("redshift", "DeleteClusterSubnetGroup", {"ClusterSubnetGroupName": "default"}),
        ("iam", "PutRolePolicy", {"RoleName": "admin", "PolicyName": "read-source"}),
        ("iam", "PutRolePolicy", {"RoleName": WORKER, "PolicyName": "read-source"}),
        ("iam", "PutRolePolicy", {"RoleName": f"{NAME}-us-east-1-copy", "PolicyName": "read-source"}),
        ("iam", "AttachRolePolicy", {"RoleName": ROLE}),
        ("iam", "CreatePolicyVersion", {"PolicyArn": "arn:aws:iam::123456789012:policy/admin"}),
        ("iam", "DeletePolicy", {"PolicyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        ("ec2", "CreateSecurityGroup", {"VpcId": "vpc-1"}),
        ("redshift-serverless", "CreateNamespace", {"tags": [{"key": "sparkify:cluster", "value": "other"}]}),
    ):
        assert not allows(policy, Call(service, action, params)), (service, action)


def test_the_operators_policy_names_each_action_and_has_a_star_only_where_aws_offers_nothing_narrower() -> None:
    for item in operator_policy(ACCOUNT)["Statement"]:
        assert not [action for action in item["Action"] if "*" in action or action.endswith(":")]
        if "*" in item["Resource"]:
            assert set(item["Action"]) <= WITHOUT_RESOURCE
    assert set(statements(operator_policy(ACCOUNT))) > ON_BEHALF


@pytest.mark.parametrize("wanted", [form(), form(kind="serverless")], ids=["provisioned", "serverless"])
def test_the_workers_and_the_cluster_get_no_star_and_no_more_than_they_need(wanted: UpForm) -> None:
    copy, worker = copy_document(PLACES, ACCOUNT), worker_document(wanted, PLACES, ACCOUNT)
    actions = [{action for item in policy["Statement"] for action in item["Action"]} for policy in (copy, worker)]
    login = "redshift:GetClusterCredentials" if wanted.kind == "provisioned" else "redshift-serverless:GetCredentials"
    assert actions[0] == {"s3:GetObject", "s3:ListBucket"}
    assert actions[1] == {"s3:ListBucket", "s3:PutObject", "s3:DeleteObject", login}
    for policy in (copy, worker):
        text = json.dumps(policy)
        assert "AdministratorAccess" not in text
        assert "AmazonS3FullAccess" not in text
        for item in policy["Statement"]:
            assert "*" not in item["Resource"]
            if item["Action"] == ["s3:ListBucket"]:
                [prefixes] = item["Condition"]["StringLike"].values()
                assert all(len(prefix) > 1 for prefix in prefixes)


def test_the_role_reads_the_sources_the_jsonpaths_object_and_the_manifests_and_nothing_else() -> None:
    copy = statements(copy_document(PLACES, ACCOUNT))
    assert copy["ReadObjects"]["Resource"] == [
        "arn:aws:s3:::music/raw/log_data/*",
        "arn:aws:s3:::music/raw/song_data/*",
        "arn:aws:s3:::scratch/manifests/*",
        "arn:aws:s3:::music/raw/log_json_path.json",
    ]
    assert copy["List1"]["Condition"] == {"StringLike": {"s3:prefix": ["raw/log_data/*", "raw/song_data/*"]}}
    assert copy["List2"]["Condition"] == {"StringLike": {"s3:prefix": ["manifests/*"]}}


def test_the_worker_writes_manifests_and_logs_in_as_the_loader_alone() -> None:
    worker = statements(worker_document(form(), PLACES, ACCOUNT))
    assert worker["WriteManifests"]["Resource"] == ["arn:aws:s3:::scratch/manifests/*"]
    assert worker["LogInAsTheLoader"]["Resource"] == [
        f"arn:aws:redshift:us-west-2:123456789012:dbuser:{NAME}/sparkify_loader",
        f"arn:aws:redshift:us-west-2:123456789012:dbname:{NAME}/sparkify",
    ]


def test_a_role_is_assumed_by_redshift_for_users_of_this_cluster_alone() -> None:
    [item] = trust_document(form(), ACCOUNT)["Statement"]
    assert item["Principal"] == {"Service": "redshift.amazonaws.com"}
    wanted = f"arn:aws:redshift:us-west-2:123456789012:dbuser:{NAME}/*"
    assert item["Condition"] == {"StringLike": {"sts:ExternalId": wanted}}


def test_a_role_of_serverless_is_assumed_for_users_of_the_account_and_region_whatever_the_warehouse_is_called() -> None:
    [item] = trust_document(form(kind="serverless"), ACCOUNT)["Statement"]
    assert item["Principal"] == {"Service": ["redshift.amazonaws.com", "redshift-serverless.amazonaws.com"]}
    pattern = item["Condition"]["StringLike"]["sts:ExternalId"]
    ours, other = "arn:aws:redshift:us-west-2:123456789012:dbuser:", "arn:aws:redshift:us-west-2:210987654321:dbuser:"
    named = (f"{NAME}/IAMR:worker", "serverless-123456789012-5a8e6ef8-86ca-45ec-a7a9-d8a0a9f9a4f6/IAMR:worker")
    assert all(fnmatchcase(ours + user, pattern) for user in named)
    assert not any(fnmatchcase(other + user, pattern) for user in named)


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("source", "s3://music*/raw"),
        ("song_prefix", "song_${aws:username}/"),
        ("manifest_prefix", "s3://scratch/ma?ifests"),
        ("jsonpaths", "*.json"),
    ],
)
def test_a_location_that_a_policy_would_read_as_a_pattern_is_refused(where: str, value: str) -> None:
    assert storage(jsonpaths="auto").objects == ()
    with pytest.raises(ClusterError, match="means more than itself in an IAM policy"):
        storage(**{where: value})


@pytest.mark.parametrize(
    ("prefix", "values", "told"),
    [
        ("s3://music", {}, "all that is in that bucket"),
        ("s3://other/", {}, "all that is in that bucket"),
        ("s3://music/raw", {}, "s3://music/raw/log_data/, which is only to be read"),
        ("s3://music/raw/log_data/", {}, "s3://music/raw/log_data/"),
        ("s3://music/raw/songs", {"song_prefix": "songs"}, "s3://music/raw/songs/"),
        ("s3://music/paths/", {"jsonpaths": "s3://music/paths/log.json"}, "s3://music/paths/log.json"),
        ("s3://music/raw/log_data/2018/", {}, "it lies below s3://music/raw/log_data/, which is only to be read"),
        ("s3://music/raw/song_data/manifests", {}, "it lies below s3://music/raw/song_data/"),
        ("s3://music/raw/songs_manifests", {"song_prefix": "songs"}, "it lies below s3://music/raw/songs,"),
        ("s3://music/raw/manifests", {"song_prefix": ""}, "it lies below s3://music/raw/,"),
    ],
)
def test_a_manifest_prefix_that_holds_what_is_only_to_be_read_or_lies_in_it_is_refused(
    prefix: str, values: dict[str, str], told: str
) -> None:
    with pytest.raises(ClusterError, match=r"Variable sparkify_manifest_prefix .*Set it to") as refused:
        storage(manifest_prefix=prefix, **values)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("s3://music/manifests", {}),
        ("s3://music/raw/log", {}),
        ("s3://scratch/raw", {}),
        ("s3://music/manifests", {"source": "s3://music", "song_prefix": "", "log_layout": "%Y.json"}),
    ],
    ids=["beside", "a name that begins alike", "another bucket", "a source that is a whole bucket"],
)
def test_a_manifest_prefix_of_its_own_is_all_that_the_workers_write_to(prefix: str, values: dict[str, str]) -> None:
    assert storage(manifest_prefix=prefix, **values).writable == f"{prefix.removeprefix('s3://').rstrip('/')}/*"


def test_other_partitions_have_other_arns() -> None:
    china = Account("aws-cn", "123456789012", "cn-north-1")
    assert "arn:aws:" not in json.dumps([copy_document(PLACES, china), worker_document(form(), PLACES, china)])
    assert "arn:aws:" not in json.dumps([operator_policy(china), trust_document(form(), china)])


def test_the_guide_prints_the_policy_as_it_is() -> None:
    guide = (ROOT / "docs" / "cluster.md").read_text()
    printed = re.findall(r"```json\n(\{\n  \"Version\".*?)```", guide, re.DOTALL)
    assert [json.loads(text) for text in printed] == [operator_policy(Account("aws", "123456789012", "us-west-2"))]
