"""sparkify_cluster_up on what stands for AWS, through the ordinary AWS connection."""

import re
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowException, ParamValidationError

from sparkify.cluster.errors import ClusterError, ForeignResourceError, FormError, NotYetError
from sparkify.failures import is_permanent
from tests.cluster.foreign import FOREIGN, foreign_group
from tests.cluster.front import Front
from tests.cluster.runs import NAME, ROLE, SERVERLESS, UP, WORKER, Runs
from tests.pipeline import execute, load_dag

pytestmark = pytest.mark.slow
TAGS = [{"Key": "Project", "Value": "sparkify"}, {"Key": "sparkify:cluster", "Value": NAME}]


def by_key(tags: list[dict[str, str]]) -> list[dict[str, str]]:
    return sorted(tags, key=lambda tag: tag["Key"])


def test_up_makes_an_encrypted_private_cluster_whose_password_nobody_has_and_tags_everything(
    runs: Runs, front: Front
) -> None:
    results = runs.up()
    [cluster] = front.client("redshift").describe_clusters(ClusterIdentifier=NAME)["Clusters"]
    assert cluster["NodeType"] == "ra3.large"
    assert cluster["NumberOfNodes"] == 1
    assert cluster["Encrypted"] is True
    assert cluster["PubliclyAccessible"] is False
    assert cluster["DBName"] == "sparkify"
    assert by_key(cluster["Tags"]) == TAGS
    assert [role["IamRoleArn"] for role in cluster["IamRoles"]] == [results["make_access"]["role_arn"]]
    [made] = [call for call in front.calls if call.name == "redshift:CreateCluster"]
    assert made.params["ManageMasterPassword"] == "true"
    assert "MasterUserPassword" not in made.params
    assert made.params["DefaultIamRoleArn"] == results["make_access"]["role_arn"]
    assert made.params["ClusterType"] == "single-node"

    everything_is_tagged(front)
    one_network_may_reach_one_port(front)


def everything_is_tagged(front: Front) -> None:
    iam, redshift, ec2 = (front.client(service) for service in ("iam", "redshift", "ec2"))
    [group] = ec2.describe_security_groups(Filters=[{"Name": "tag:sparkify:cluster", "Values": [NAME]}])[
        "SecurityGroups"
    ]
    [subnets] = redshift.describe_cluster_subnet_groups(ClusterSubnetGroupName=NAME)["ClusterSubnetGroups"]
    role = iam.get_role(RoleName=ROLE)["Role"]
    policy = iam.get_policy(PolicyArn=f"arn:aws:iam::123456789012:policy/{WORKER}")["Policy"]
    assert [by_key(found["Tags"]) for found in (group, subnets, role, policy)] == [TAGS] * 4


def one_network_may_reach_one_port(front: Front) -> None:
    [group] = front.client("ec2").describe_security_groups(GroupNames=[f"{NAME}-redshift"])["SecurityGroups"]
    [rule] = group["IpPermissions"]
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 5439, 5439)
    assert [source["CidrIp"] for source in rule["IpRanges"]] == ["203.0.113.0/24"]
    assert not rule.get("UserIdGroupPairs")
    assert not rule.get("Ipv6Ranges")


@pytest.mark.parametrize("form", [UP, SERVERLESS], ids=["provisioned", "serverless"])
def test_up_again_changes_nothing(form: dict[str, Any], runs: Runs, front: Front) -> None:
    first = runs.up(form)
    assert front.changing
    front.calls.clear()
    assert runs.up(form)["make_access"] == first["make_access"]
    assert front.changing == []


def test_up_with_another_network_lets_that_in_and_the_former_no_more(runs: Runs, front: Front) -> None:
    runs.up()
    front.calls.clear()
    runs.up({**UP, "ingress_cidr": "198.51.100.7/32"})
    assert front.changing == ["ec2:AuthorizeSecurityGroupIngress", "ec2:RevokeSecurityGroupIngress"]
    [group] = front.client("ec2").describe_security_groups(GroupNames=[f"{NAME}-redshift"])["SecurityGroups"]
    [rule] = group["IpPermissions"]
    assert [source["CidrIp"] for source in rule["IpRanges"]] == ["198.51.100.7/32"]


def test_up_takes_away_what_somebody_else_let_in(runs: Runs, front: Front) -> None:
    runs.up()
    [group] = front.client("ec2").describe_security_groups(GroupNames=[f"{NAME}-redshift"])["SecurityGroups"]
    everybody = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    front.client("ec2").authorize_security_group_ingress(GroupId=group["GroupId"], IpPermissions=[everybody])
    runs.up()
    [group] = front.client("ec2").describe_security_groups(GroupNames=[f"{NAME}-redshift"])["SecurityGroups"]
    assert [rule["FromPort"] for rule in group["IpPermissions"]] == [5439]


def test_up_with_another_source_changes_the_policies_and_nothing_else(runs: Runs, front: Front) -> None:
    runs.up(until="make_access")
    for number in range(6):
        front.calls.clear()
        runs.set_variable("sparkify_source", f"s3://music-{number}")
        runs.up(until="make_access")
        changes = [name for name in front.changing if name != "iam:DeletePolicyVersion"]
        assert changes == ["iam:PutRolePolicy", "iam:CreatePolicyVersion"]
    versions = front.client("iam").list_policy_versions(PolicyArn=f"arn:aws:iam::123456789012:policy/{WORKER}")
    assert len(versions["Versions"]) == 5


# Those that run side by side, each as far as the other.
STEPS = [
    ("iam:CreateRole", "ec2:CreateSecurityGroup"),
    ("iam:PutRolePolicy", "ec2:AuthorizeSecurityGroupIngress"),
    ("iam:CreatePolicy", "redshift:CreateClusterSubnetGroup"),
    ("redshift:CreateCluster",),
]


def test_a_failure_at_any_step_is_completed_by_retries_that_make_nothing_twice(runs: Runs, front: Front) -> None:
    for steps in STEPS:
        front.failures |= {step: ["ServiceUnavailable"] for step in steps}
        with pytest.raises(Exception, match=r"ServiceUnavailable|as told by the test"):
            runs.up()
        assert [is_permanent(error) for error in runs.failed.values()] == [False] * len(steps)
    runs.up()
    assert [front.changing.count(step) for steps in STEPS for step in steps] == [2] * 7
    front.calls.clear()
    runs.up()
    assert front.changing == []


_ROLE_ARN = f"arn:aws:iam::123456789012:role/{ROLE}"
_MUST_DELEGATE = "The IAM role must delegate access to an Amazon Redshift account."


@pytest.mark.parametrize(
    ("form", "step", "code", "said"),
    [
        (UP, "redshift:CreateCluster", "InvalidParameterValue", f"The IAM role is not valid. {_MUST_DELEGATE}"),
        (UP, "redshift:CreateCluster", "InvalidParameterValue", f"The IAM role {_ROLE_ARN} is not valid."),
        (SERVERLESS, "redshift-serverless:CreateNamespace", "ValidationException", f"The IAM role {_ROLE_ARN} is …"),
        (SERVERLESS, "redshift-serverless:CreateNamespace", "ConflictException", "There is an operation running"),
        (SERVERLESS, "redshift-serverless:CreateWorkgroup", "ConflictException", "There is an operation running"),
        (UP, "ec2:CreateSecurityGroup", "InvalidGroup.Duplicate", "it exists already"),
        (UP, "ec2:AuthorizeSecurityGroupIngress", "InvalidGroup.NotFound", "it does not exist"),
    ],
)
def test_what_aws_does_not_know_yet_or_is_busy_with_is_worth_a_retry(
    runs: Runs, front: Front, form: dict[str, Any], step: str, code: str, said: str
) -> None:
    front.failures[step] = [(code, said)]
    with pytest.raises(NotYetError, match=re.escape(said)) as refused:
        runs.up(form)
    assert not is_permanent(refused.value)
    runs.up(form)
    assert front.changing.count(step) == 2


@pytest.mark.parametrize(
    ("form", "step", "code"),
    [
        (UP, "redshift:CreateCluster", "InvalidParameterValue"),
        (SERVERLESS, "redshift-serverless:CreateNamespace", "ValidationException"),
    ],
)
def test_a_value_that_is_refused_for_another_reason_than_the_role_is_refused_for_good(
    runs: Runs, front: Front, form: dict[str, Any], step: str, code: str
) -> None:
    front.failures[step] = [(code, "The database name is not valid.")]
    with pytest.raises(Exception, match="The database name is not valid") as refused:
        runs.up(form)
    assert is_permanent(refused.value)


@pytest.mark.parametrize("code", ["DependentServiceRequestThrottlingFault", "DependentServiceUnavailableFault"])
def test_a_service_behind_redshift_that_is_busy_or_away_is_worth_a_retry(runs: Runs, front: Front, code: str) -> None:
    front.failures["redshift:CreateCluster"] = [code]
    with pytest.raises(Exception, match=code) as refused:
        runs.up()
    assert not is_permanent(refused.value)


def test_a_policy_that_somebody_else_is_just_changing_is_worth_a_retry(runs: Runs, front: Front) -> None:
    runs.up(until="make_access")
    runs.set_variable("sparkify_source", "s3://music-of-another-place")
    front.failures["iam:CreatePolicyVersion"] = ["ConcurrentModification"]
    with pytest.raises(Exception, match="ConcurrentModification") as refused:
        runs.up(until="make_access")
    assert not is_permanent(refused.value)


def test_a_security_group_that_ec2_does_not_list_yet_is_worth_a_retry(runs: Runs) -> None:
    task = load_dag("sparkify_cluster_up").get_task("make_warehouse")
    with pytest.raises(NotYetError, match="does not list the security group sparkify-test-redshift yet") as refused:
        execute(task, runs.context(load_dag("sparkify_cluster_up"), UP))
    assert not is_permanent(refused.value)


def test_the_same_name_in_two_regions_is_two_clusters_with_a_role_and_a_policy_each(runs: Runs, front: Front) -> None:
    first = runs.up()["make_access"]
    iam = front.client("iam")
    before = iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"]
    front.calls.clear()
    second = runs.up({**UP, "region": "us-east-1"})["make_access"]
    assert set(first.values()) & set(second.values()) == set()
    assert second["role_arn"].endswith(f"role/{NAME}-us-east-1-copy")
    assert iam.get_role(RoleName=ROLE)["Role"]["AssumeRolePolicyDocument"] == before
    assert "iam:UpdateAssumeRolePolicy" not in front.changing
    assert "iam:CreatePolicyVersion" not in front.changing


def test_up_waits_until_the_cluster_is_available(runs: Runs, front: Front) -> None:
    runs.up(until="make_warehouse")
    front.statuses += ["creating", "creating", "modifying"]
    before = len(front.calls)
    runs.up()
    looks = [call.name for call in front.calls[before:]].count("redshift:DescribeClusters")
    assert looks > 3
    assert front.statuses == []


def test_up_stops_at_a_cluster_that_waiting_does_not_make_available(runs: Runs, front: Front) -> None:
    runs.up(until="make_warehouse")
    # What the plan and the making see, then what the waiting sees.
    front.statuses += ["available", "available", "incompatible-network"]
    with pytest.raises(ClusterError, match="incompatible-network: waiting does not make it available"):
        runs.up()


def test_a_dry_run_says_plan_policies_and_price_and_makes_nothing(
    runs: Runs, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    results = runs.up({**UP, "dry_run": True}, until="create_tables")
    assert results == {}
    assert front.changing == []
    said = capsys.readouterr().out
    assert f"make Redshift cluster {NAME}: 1 x ra3.large, single-node" in said
    assert "0.54 USD an hour" in said
    assert "s3:GetObject" in said


def test_the_price_is_said_before_anything_is_made(runs: Runs, front: Front) -> None:
    planned = runs.up({**UP, "node_type": "ra3.4xlarge", "nodes": 3}, until="plan")["plan"]
    assert planned["hourly_usd"] == pytest.approx(9.78)
    assert front.changing == []


def test_up_does_not_move_a_warehouse_to_other_subnets(runs: Runs, front: Front) -> None:
    [vpc] = front.client("ec2").describe_vpcs()["Vpcs"]
    subnets = sorted(subnet["SubnetId"] for subnet in front.client("ec2").describe_subnets()["Subnets"])
    there = {"vpc_id": vpc["VpcId"]}
    with pytest.raises(ClusterError, match="serverless needs 3 subnets in 3 availability zones"):
        runs.up({**SERVERLESS, **there, "subnet_ids": subnets[:2]})
    with pytest.raises(ClusterError, match=f"subnet-00000000 is not in {vpc['VpcId']}"):
        runs.up({**UP, **there, "subnet_ids": ["subnet-00000000"]})
    assert front.changing == []
    runs.up({**UP, **there, "subnet_ids": subnets[:2]})
    runs.up({**UP, **there, "subnet_ids": subnets[:2][::-1]})
    front.calls.clear()
    with pytest.raises(ClusterError, match="it is not moved"):
        runs.up({**UP, **there, "subnet_ids": subnets[1:]})
    other = front.client("ec2").create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    front.client("ec2").create_subnet(VpcId=other, CidrBlock="10.7.1.0/24")
    with pytest.raises(ClusterError, match="it is not moved"):
        runs.up({**UP, "vpc_id": other})
    # A form without subnets asks for no others than it has.
    runs.up()
    assert front.changing == []


def test_subnets_of_a_run_that_got_no_cluster_are_brought_to_the_form(runs: Runs, front: Front) -> None:
    ec2 = front.client("ec2")
    subnets = sorted(subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"])
    there = {**UP, "vpc_id": ec2.describe_vpcs()["Vpcs"][0]["VpcId"]}
    other = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    elsewhere = ec2.create_subnet(VpcId=other, CidrBlock="10.7.1.0/24")["Subnet"]["SubnetId"]
    full = "InsufficientClusterCapacity"
    front.failures["redshift:CreateCluster"] = [full, full]
    for form in ({**there, "subnet_ids": subnets[:1]}, {**UP, "vpc_id": other}):
        with pytest.raises(Exception, match=full):
            runs.up(form)
        [group] = front.client("redshift").describe_cluster_subnet_groups()["ClusterSubnetGroups"]
        assert by_key(group["Tags"]) == TAGS
    assert [subnet["SubnetIdentifier"] for subnet in group["Subnets"]] == [elsewhere]
    runs.up({**there, "subnet_ids": subnets[1:2]})
    [group] = front.client("redshift").describe_cluster_subnet_groups()["ClusterSubnetGroups"]
    assert [subnet["SubnetIdentifier"] for subnet in group["Subnets"]] == subnets[1:2]


@pytest.mark.parametrize("code", ["InvalidClusterSubnetGroupStateFault", "InvalidClusterSubnetStateFault"])
def test_a_subnet_group_that_another_cluster_uses_is_not_made_anew_yet(runs: Runs, front: Front, code: str) -> None:
    ec2 = front.client("ec2")
    subnets = sorted(subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"])
    there = {**UP, "vpc_id": ec2.describe_vpcs()["Vpcs"][0]["VpcId"]}
    runs.up({**there, "subnet_ids": subnets[:1]}, until="make_network")
    front.failures["redshift:DeleteClusterSubnetGroup"] = [code]
    with pytest.raises(NotYetError, match=f"another cluster uses the subnet group {NAME}") as refused:
        runs.up({**there, "subnet_ids": subnets[1:2]}, until="make_network")
    assert not is_permanent(refused.value)
    runs.up({**there, "subnet_ids": subnets[1:2]}, until="make_network")


def test_serverless_is_content_with_two_zones_where_there_are_no_more(runs: Runs, front: Front) -> None:
    ec2 = front.client("ec2", "us-west-1")
    [vpc] = ec2.describe_vpcs()["Vpcs"]
    there = {**SERVERLESS, "region": "us-west-1"}
    with pytest.raises(ClusterError, match="serverless needs 3 subnets in 2 availability zones"):
        runs.up(there, until="plan")
    zone = ec2.describe_subnets()["Subnets"][0]["AvailabilityZone"]
    ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="172.31.128.0/20", AvailabilityZone=zone)
    assert runs.up(there, until="plan")["plan"]["steps"]


def test_a_template_in_a_field_is_text(runs: Runs, front: Front) -> None:
    with pytest.raises(FormError, match=r"'\{\{ 7 \* 7 \}\}' is not a network"):
        runs.up({**UP, "ingress_cidr": "{{ 7 * 7 }}"})
    with pytest.raises(ParamValidationError, match="Invalid input for param name"):
        runs.up({**UP, "name": "sparkify-{{ 7 * 7 }}"})
    assert front.calls == []


def test_up_refuses_the_whole_internet_unless_it_is_confirmed(runs: Runs, front: Front) -> None:
    with pytest.raises(FormError, match="any_address"):
        runs.up({**UP, "ingress_cidr": "0.0.0.0/0"})
    assert front.calls == []
    runs.up({**UP, "ingress_cidr": "0.0.0.0/0", "any_address": True})


def test_up_never_takes_over_what_does_not_carry_our_tag_and_names_all_of_it(runs: Runs, front: Front) -> None:
    for make in FOREIGN:
        make(front)
    with pytest.raises(ForeignResourceError) as refused:
        runs.up()
    told = str(refused.value).splitlines()[1:]
    assert len(told) == len(FOREIGN)
    assert all(NAME in line and f"does not carry the tag sparkify:cluster={NAME}" in line for line in told)
    assert front.changing == []


def test_one_foreign_resource_is_enough_for_up_to_stop(runs: Runs, front: Front) -> None:
    foreign_group(front)
    with pytest.raises(ForeignResourceError, match="security group sparkify-test-redshift"):
        runs.up()
    assert front.changing == []


def test_up_does_not_change_a_cluster_that_is_there_with_another_size(runs: Runs, front: Front) -> None:
    runs.up()
    front.calls.clear()
    with pytest.raises(ClusterError, match=r"NumberOfNodes is 1, the form says 4(?s:.*)resize"):
        runs.up({**UP, "nodes": 4})
    with pytest.raises(ClusterError, match="a provisioned cluster sparkify-test is there, the form says serverless"):
        runs.up(SERVERLESS)
    assert front.changing == []


def test_serverless_is_made_with_a_password_that_nobody_has_and_without_a_public_address(
    runs: Runs, front: Front
) -> None:
    runs.up(SERVERLESS)
    [workgroup] = front.serverless.workgroups.values()
    assert workgroup["publiclyAccessible"] is False
    assert workgroup["baseCapacity"] == 8
    assert len(workgroup["securityGroupIds"]) == 1
    tags = list(front.serverless.tags.values())
    assert [sorted(tag["key"] for tag in found) for found in tags] == [["Project", "sparkify:cluster"]] * 2


def test_a_step_that_is_refused_for_good_is_not_tried_again(runs: Runs, front: Front) -> None:
    front.failures["iam:CreateRole"] = ["AccessDenied"]
    with pytest.raises(Exception, match="AccessDenied") as refused:
        runs.up()
    assert is_permanent(refused.value)
    assert not isinstance(refused.value, AirflowException)
