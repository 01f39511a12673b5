"""What Airflow's page of a task shows of its checks that did not pass."""

from typing import Any

import attrs
from airflow.sdk.bases.operatorlink import BaseOperatorLink


@attrs.define()
class ChecksLink(BaseOperatorLink):
    """A link to the results, on the page of a task instance with a check that did not pass, and on no other."""

    @property
    def name(self) -> str:
        """What the button says."""
        return "Checks that did not pass"

    def get_link(self, operator: Any, *, ti_key: Any) -> str:
        """Return the address of the task's XComs, or nothing; Airflow asks when the task ends.

        :param operator: the operator that has run.
        :param ti_key: the running task instance, at that time.
        """
        if all(result.success for result in operator.check_results):
            return ""
        return f"{ti_key.log_url.partition('?')[0]}/xcom"
