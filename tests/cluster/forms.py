"""Forms as they come from the DAG."""

import json
from typing import Any

from sparkify.cluster.form import UpForm
from tests.cluster.runs import REGION, UP
from tests.pipeline import load_dag


def text(**fields: Any) -> str:
    """The form's JSON, with the DAG's defaults."""
    return json.dumps({**load_dag("sparkify_cluster_up").params.dump(), **UP, **fields})


def form(**fields: Any) -> UpForm:
    """The form, read."""
    return UpForm.parse(text(**fields), region=fields.get("region") or REGION)
