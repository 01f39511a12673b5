"""The README's pictures of the tables and the flow."""

from datetime import datetime

import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG, Asset

from local.errors import StackError
from local.pictures import flow, schema
from local.pictures.document import README, pictures, with_pictures

DDL = """
create schema if not exists shop;
create table if not exists sales (
    id bigint not null,
    buyer integer,
    shop_id integer not null,
    price double precision,
    primary key (id),
    foreign key (buyer) references people (id),
    foreign key (shop_id) references shops (id)
)
distkey (buyer)
compound sortkey (id, shop_id);
create table if not exists staging.lock_sales (held boolean);
"""


def test_the_readmes_pictures_are_current() -> None:
    text = README.read_text()
    assert with_pictures(text, pictures()) == text, "run ./sparkify docs"


def test_a_table_is_drawn_with_its_types_keys_and_references() -> None:
    assert schema.draw([schema.read_table(DDL, "sales")]).splitlines() == [
        "erDiagram",
        "    sales }o--o| people : buyer",
        "    sales }o--|| shops : shop_id",
        "    sales {",
        '        bigint id PK "sort key"',
        '        integer buyer FK "distribution key"',
        '        integer shop_id FK "sort key"',
        "        double_precision price",
        "    }",
    ]


def test_a_file_without_its_table_is_refused() -> None:
    with pytest.raises(StackError, match="no CREATE TABLE purchases"):
        schema.read_table(DDL, "purchases")


def test_a_readme_without_a_place_for_a_picture_is_refused() -> None:
    with pytest.raises(StackError, match="no place for the flow"):
        with_pictures("# Title\n", {"flow": "flowchart LR"})


def test_dags_are_drawn_with_their_order_their_sources_and_who_starts_whom() -> None:
    table, answers = Asset("sales", group="star"), [Asset(f"answers.{n}", group="answers") for n in "ab"]
    with DAG("load", schedule=None, start_date=datetime(2018, 11, 1)) as load:
        stage = EmptyOperator(task_id="stage", inlets=[Asset("s3://bucket/raw", group="S3")])
        stage >> [EmptyOperator(task_id="fill", outlets=[table]), EmptyOperator(task_id="check")]
    with DAG("answer", schedule=[table]) as answer:
        EmptyOperator(task_id="count", inlets=[table], outlets=answers)
    assert flow.draw([load, answer]).splitlines() == [
        "flowchart LR",
        '    raw[("S3: raw")] --> stage',
        "    subgraph load",
        "        stage --> fill & check",
        "    end",
        "    subgraph answer",
        "    end",
        "    fill -. sales .-> count",
        '    count --> answers[("2 tables answers.*")]',
    ]
