"""What the form of sparkify_cluster_up takes and refuses, and what it says that things cost."""

import json
from typing import Any

import botocore.session
import pytest

from sparkify.cluster.cidr import parse_cidr
from sparkify.cluster.errors import FormError
from sparkify.cluster.form import MAX_NAME
from sparkify.cluster.prices import price_of
from tests.cluster.forms import form, text


@pytest.mark.parametrize(
    ("cidr", "told"),
    [
        ("", "is empty"),
        ("office", "is not a network"),
        ("203.0.113.7", "write 203.0.113.7/32"),
        ("2001:db8::1", "the cluster gets no IPv6 address, give an IPv4 network"),
        ("203.0.113.7/24", "it means 203.0.113.0/24"),
        ("2001:db8::/48", "the cluster gets no IPv6 address, give an IPv4 network"),
        ("203.0.113.0/255.255.255.0", "write 203.0.113.0/24"),
        ("203.0.113.0/33", "is not a network"),
        ("0.0.0.0/0", "lets everybody in"),
        ("0.0.0.0/1", "a large part of the internet"),
        ("203.0.113.0/24; drop table users", "is not a network"),
    ],
)
def test_a_network_that_is_no_exact_block_is_refused_with_what_to_write(cidr: str, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        parse_cidr(cidr)


@pytest.mark.parametrize("cidr", ["203.0.113.7/32", "10.0.0.0/8", " 203.0.113.0/24 "])
def test_a_network_is_taken_as_it_is_written(cidr: str) -> None:
    assert str(parse_cidr(cidr)) == cidr.strip()


def test_the_whole_internet_needs_the_second_field() -> None:
    assert str(form(ingress_cidr="0.0.0.0/0", any_address=True).ingress) == "0.0.0.0/0"
    # Not a word, not a number: a box that was ticked.
    for said in ("yes", "True", 1):
        with pytest.raises(FormError, match="lets everybody in"):
            form(ingress_cidr="0.0.0.0/0", any_address=said)


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"name": "warehouse"}, "name: 'warehouse' does not fit"),
        ({"name": "sparkify--a"}, "name"),
        ({"name": "sparkify-" + "a" * 40}, "at most 40"),
        ({"name": "sparkify\n"}, "name"),
        ({"kind": "free"}, "kind: 'free' is not one of provisioned, serverless"),
        ({"node_type": "dc2.large"}, "node_type"),
        ({"node_type": "ra3.4xlarge", "nodes": 1}, "ra3.4xlarge comes in 2 to 32, not 1"),
        ({"nodes": 17}, "ra3.large comes in 1 to 16, not 17"),
        ({"nodes": "2"}, "'2' is not a whole number"),
        ({"nodes": True}, "not a whole number"),
        ({"kind": "serverless", "base_capacity": 12}, "12 RPUs cannot be had"),
        ({"port": 5432 + 100}, "port: 5532"),
        ({"database": "sparkify; drop database dev"}, "database"),
        ({"admin_user": "public"}, "admin_user"),
        ({"admin_user": "sparkify_loader"}, "admin_user"),
        ({"loader": "{{ var.value.secret }}"}, "loader"),
        ({"vpc_id": "vpc-1' or '1'='1"}, "vpc_id"),
        ({"subnet_ids": ["subnet-0123456789abcdef0"]}, "vpc_id: give it with subnet_ids"),
        ({"vpc_id": "vpc-0123456789abcdef0", "subnet_ids": ["*"]}, "subnet_ids"),
    ],
)
def test_a_wrong_field_is_named(fields: dict[str, Any], told: str) -> None:
    with pytest.raises(FormError, match=told):
        form(**fields)


def test_the_longest_name_has_room_in_iams_names_in_every_region() -> None:
    session = botocore.session.get_session()
    regions = {
        region
        for partition in session.get_available_partitions()
        for region in session.get_available_regions("redshift", partition, allow_non_regional=True)
    }
    assert "ap-northeast-1" in regions
    names = [form(name="sparkify-" + "a" * (MAX_NAME - 9), region=region).names for region in regions]
    # https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    assert max(len(each.role) for each in names) <= 64
    assert max(len(each.worker_policy) for each in names) <= 128


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(FormError) as refused:
        form(name="x", ingress_cidr="", nodes=99)
    assert len(str(refused.value).splitlines()) == 4


def test_the_sizes_that_exist_are_taken() -> None:
    assert form(node_type="ra3.16xlarge", nodes=128).nodes == 128
    assert form(kind="serverless", base_capacity=1024).base_capacity == 1024
    assert form(kind="serverless", base_capacity=4).base_capacity == 4


def test_the_form_offers_what_the_code_takes() -> None:
    asked = json.loads(text())
    assert form(**asked).name == asked["name"]


def test_the_price_is_that_of_all_nodes_and_says_that_it_was_not_checked() -> None:
    price = price_of(form(region="us-east-1", node_type="ra3.xlplus", nodes=4))
    assert price.hourly == pytest.approx(4.344)
    for said in ("about 4.34 USD an hour", "3,171 USD a month", "storage", "not checked", "https://aws.amazon.com"):
        assert said in price.text


@pytest.mark.parametrize(
    ("fields", "region"),
    [({}, "eu-central-1"), ({}, "us-east-2"), ({"kind": "serverless"}, "us-west-2"), ({}, "moon-1")],
)
def test_a_price_that_is_not_known_is_not_made_up(fields: dict[str, Any], region: str) -> None:
    price = price_of(form(region=region, **fields))
    assert price.hourly is None
    assert "price unknown here" in price.text


def test_serverless_is_billed_while_it_works() -> None:
    price = price_of(form(region="us-east-1", kind="serverless", base_capacity=4))
    assert price.hourly == pytest.approx(1.5)
    assert "while queries run" in price.text
