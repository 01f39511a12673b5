"""Resources of the cluster's names that somebody else has made."""

import json

from tests.cluster.front import Front
from tests.cluster.runs import NAME, ROLE, WORKER


def foreign_role(front: Front) -> None:
    front.client("iam").create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")


def foreign_policy(front: Front) -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "*", "Resource": "*"}]}
    front.client("iam").create_policy(PolicyName=WORKER, PolicyDocument=json.dumps(document))


def foreign_group(front: Front) -> None:
    front.client("ec2").create_security_group(GroupName=f"{NAME}-redshift", Description="another's")


def foreign_subnets(front: Front) -> None:
    subnets = [subnet["SubnetId"] for subnet in front.client("ec2").describe_subnets()["Subnets"]]
    front.client("redshift").create_cluster_subnet_group(
        ClusterSubnetGroupName=NAME, Description="another's", SubnetIds=subnets, Tags=[{"Key": "Project", "Value": "x"}]
    )


def foreign_cluster(front: Front) -> None:
    front.client("redshift").create_cluster(
        ClusterIdentifier=NAME,
        NodeType="ra3.large",
        MasterUsername="another",
        MasterUserPassword="Another1s",
        # Another cluster's tag is not this one's.
        Tags=[{"Key": "sparkify:cluster", "Value": "sparkify-other"}],
    )


def foreign_namespace(front: Front) -> None:
    front.client("redshift-serverless").create_namespace(
        namespaceName=NAME, manageAdminPassword=True, adminUsername="another", dbName="dev", iamRoles=[]
    )


FOREIGN = [foreign_role, foreign_policy, foreign_group, foreign_subnets, foreign_cluster, foreign_namespace]
