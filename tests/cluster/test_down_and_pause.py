"""sparkify_cluster_down and sparkify_cluster_pause on what stands for AWS, through the ordinary AWS connection."""

from typing import Any

import pytest

from sparkify.cluster.errors import ClusterError, ForeignResourceError, NotYetError
from sparkify.failures import is_permanent
from tests.cluster.foreign import FOREIGN, foreign_cluster
from tests.cluster.front import Front
from tests.cluster.runs import NAME, ROLE, SERVERLESS, UP, WORKER, Runs

pytestmark = pytest.mark.slow


def nothing_left(front: Front) -> None:
    iam, redshift, ec2 = (front.client(service) for service in ("iam", "redshift", "ec2"))
    assert redshift.describe_clusters()["Clusters"] == []
    assert redshift.describe_cluster_subnet_groups()["ClusterSubnetGroups"] == []
    assert [group["GroupName"] for group in ec2.describe_security_groups()["SecurityGroups"]] == ["default"]
    assert iam.list_roles()["Roles"] == []
    assert iam.list_policies(Scope="Local")["Policies"] == []
    assert front.serverless.namespaces == front.serverless.workgroups == {}


@pytest.mark.parametrize("form", [UP, SERVERLESS], ids=["provisioned", "serverless"])
def test_down_deletes_all_keeps_a_final_snapshot_and_reports_it(form: dict[str, Any], runs: Runs, front: Front) -> None:
    runs.up(form)
    results = runs.down()
    nothing_left(front)
    rest = results["report_rest"]
    assert (rest["ours"], rest["foreign"]) == ([], [])
    [snapshot] = rest["snapshots"]
    assert snapshot.startswith(f"{NAME}-final-20")


def test_down_deletes_in_the_order_in_which_things_need_each_other(runs: Runs, front: Front) -> None:
    runs.up()
    front.calls.clear()
    runs.down()
    assert front.changing == [
        "redshift:DeleteCluster",
        "redshift:DeleteClusterSubnetGroup",
        "ec2:DeleteSecurityGroup",
        "iam:DeleteRolePolicy",
        "iam:DeleteRole",
        "iam:DeletePolicy",
    ]


def test_down_without_a_final_snapshot_keeps_none(runs: Runs) -> None:
    runs.up()
    assert runs.down(final_snapshot=False)["report_rest"]["snapshots"] == []


def test_down_again_has_nothing_to_do_and_is_green(runs: Runs, front: Front) -> None:
    runs.up()
    runs.down()
    front.calls.clear()
    results = runs.down()
    assert front.changing == []
    assert results["confirm"] == {"ours": [], "foreign": []}


def test_down_needs_the_name_typed(runs: Runs, front: Front) -> None:
    runs.up()
    front.calls.clear()
    for typed in ("", "yes", "sparkify", NAME.upper()):
        with pytest.raises(ClusterError, match=f"type the cluster's name, {NAME}"):
            runs.down(confirm=typed)
    assert front.calls == []


def test_down_leaves_what_does_not_carry_our_tag_and_reports_it(runs: Runs, front: Front) -> None:
    for make in FOREIGN:
        make(front)
    results = runs.down()
    assert front.changing == []
    lines = results["report_rest"]["foreign"]
    assert len(lines) == len(FOREIGN)
    assert all(f"does not carry the tag sparkify:cluster={NAME}" in line for line in lines)
    assert results["confirm"] == {"ours": [], "foreign": lines}


def test_down_deletes_ours_beside_a_foreign_role_of_the_same_name(runs: Runs, front: Front) -> None:
    runs.up()
    front.client("iam").untag_role(RoleName=ROLE, TagKeys=["sparkify:cluster"])
    results = runs.down()
    assert [role["RoleName"] for role in front.client("iam").list_roles()["Roles"]] == [ROLE]
    assert results["report_rest"]["ours"] == []
    assert len(results["report_rest"]["foreign"]) == 1
    assert front.client("redshift").describe_clusters()["Clusters"] == []


def test_down_leaves_the_clusters_beside_it(runs: Runs, front: Front) -> None:
    runs.up()
    runs.up({**UP, "name": "sparkify-other"})
    runs.down()
    [cluster] = front.client("redshift").describe_clusters()["Clusters"]
    assert cluster["ClusterIdentifier"] == "sparkify-other"
    assert [role["RoleName"] for role in front.client("iam").list_roles()["Roles"]] == ["sparkify-other-us-west-2-copy"]
    front.calls.clear()
    runs.up({**UP, "name": "sparkify-other"})
    assert front.changing == []


def test_down_waits_while_something_still_uses_the_security_group(runs: Runs, front: Front) -> None:
    runs.up()
    front.failures["ec2:DeleteSecurityGroup"] = ["DependencyViolation"] * 3
    runs.down()
    assert front.changing.count("ec2:DeleteSecurityGroup") == 4
    nothing_left(front)


def test_down_in_another_region_leaves_the_cluster_and_its_role_and_policy(
    runs: Runs, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.up()
    front.calls.clear()
    results = runs.down(region="us-east-1")
    assert front.changing == []
    assert results["confirm"] == {"ours": [], "foreign": []}
    said = capsys.readouterr().out
    assert "To be deleted in us-east-1: nothing" in said
    assert "Left of ours in us-east-1: nothing" in said


def test_down_says_what_uses_the_security_group_and_removes_the_rest(
    runs: Runs, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    made = runs.up()["make_network"]
    interface = front.client("ec2").create_network_interface(
        SubnetId=made["subnet_ids"][0], Groups=[made["security_group_id"]], Description="a loader's"
    )["NetworkInterface"]["NetworkInterfaceId"]
    front.failures["ec2:DeleteSecurityGroup"] = ["DependencyViolation"] * 100
    with pytest.raises(AssertionError, match="delete_network looked"):
        runs.down()
    assert f"is used by network interfaces {interface} (a loader's)" in capsys.readouterr().out
    iam = front.client("iam")
    assert iam.list_roles()["Roles"] == iam.list_policies(Scope="Local")["Policies"] == []
    left = f"left of {NAME} in us-west-2: security group {NAME}-redshift ({made['security_group_id']})"
    assert left in str(runs.failed["report_rest"])


def test_down_says_that_a_rule_of_another_group_may_use_the_security_group(
    runs: Runs, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.up()
    front.failures["ec2:DeleteSecurityGroup"] = ["DependencyViolation"]
    runs.down()
    assert "is used by a rule of another security group" in capsys.readouterr().out


def test_down_waits_while_another_cluster_uses_the_subnet_group(
    runs: Runs, front: Front, capsys: pytest.CaptureFixture[str]
) -> None:
    runs.up()
    front.failures["redshift:DeleteClusterSubnetGroup"] = [
        "InvalidClusterSubnetGroupStateFault",
        "InvalidClusterSubnetStateFault",
    ]
    runs.down()
    assert f"another cluster uses the subnet group {NAME}" in capsys.readouterr().out
    nothing_left(front)


def test_down_reports_what_is_left_when_the_cluster_cannot_be_deleted(runs: Runs, front: Front) -> None:
    runs.up()
    front.failures["redshift:DeleteCluster"] = ["AccessDenied"]
    with pytest.raises(Exception, match="AccessDenied"):
        runs.down()
    assert set(runs.failed) == {"delete_warehouse", "report_rest"}
    told = str(runs.failed["report_rest"])
    assert all(what in told for what in (f"Redshift cluster {NAME}", f"subnet group {NAME}", ROLE, WORKER))
    assert not is_permanent(runs.failed["report_rest"])


def test_down_does_not_call_it_done_when_a_role_stays(runs: Runs, front: Front) -> None:
    runs.up()
    front.failures["iam:DeleteRole"] = ["DeleteConflict"]
    with pytest.raises(NotYetError, match=f"left of {NAME} in us-west-2: IAM role {ROLE}"):
        runs.down()


def test_down_waits_for_a_cluster_that_is_busy_or_on_its_way_out(runs: Runs, front: Front) -> None:
    runs.up()
    front.failures["redshift:DeleteCluster"] = ["InvalidClusterState"]
    # What `confirm` sees, then the looks of the deletion.
    front.statuses += ["available", "resizing", "deleting", "final-snapshot"]
    runs.down()
    nothing_left(front)


def test_a_failure_in_the_middle_of_down_is_completed_by_another_run(runs: Runs, front: Front) -> None:
    runs.up()
    for steps in (["redshift:DeleteCluster"], ["redshift:DeleteClusterSubnetGroup", "iam:DeleteRole"]):
        front.failures |= {step: ["ServiceUnavailable"] for step in steps}
        with pytest.raises(Exception, match=r"ServiceUnavailable|as told by the test"):
            runs.down()
    runs.down()
    nothing_left(front)
    assert len(runs.down()["report_rest"]["snapshots"]) == 1


def test_the_workers_policy_stays_while_it_is_attached_and_down_says_so(runs: Runs, front: Front) -> None:
    runs.up()
    iam = front.client("iam")
    iam.create_role(RoleName="airflow", AssumeRolePolicyDocument="{}")
    arn = f"arn:aws:iam::123456789012:policy/{WORKER}"
    iam.attach_role_policy(RoleName="airflow", PolicyArn=arn)
    results = runs.down()
    assert results["delete_access"] == [f"IAM policy {WORKER} is still attached to 1: detach it there"]
    assert results["report_rest"]["ours"] == [f"IAM policy {WORKER}"]
    iam.detach_role_policy(RoleName="airflow", PolicyArn=arn)
    assert runs.down()["report_rest"]["ours"] == []


def test_pause_and_resume_and_neither_twice(runs: Runs, front: Front) -> None:
    runs.up()
    status = lambda: front.client("redshift").describe_clusters()["Clusters"][0]["ClusterStatus"]  # noqa: E731
    for action, wanted in (("pause", "paused"), ("resume", "available")):
        front.calls.clear()
        runs.pause(action)
        runs.pause(action)
        assert status() == wanted
        assert front.changing == [f"redshift:{action.title()}Cluster"]


def test_a_paused_cluster_is_told_to_be_resumed_and_can_be_deleted(runs: Runs, front: Front) -> None:
    runs.up()
    runs.pause("pause")
    with pytest.raises(ClusterError, match="is paused"):
        runs.up()
    runs.down()
    nothing_left(front)


def test_what_cannot_be_paused_is_refused(runs: Runs, front: Front) -> None:
    with pytest.raises(ClusterError, match="there is no cluster"):
        runs.pause("pause")
    runs.up(SERVERLESS)
    with pytest.raises(ClusterError, match="is serverless"):
        runs.pause("pause")
    foreign_cluster(front)
    with pytest.raises(ForeignResourceError):
        runs.pause("pause")
