"""What a cluster costs an hour, about: figures at second hand, with their date, and no guess beyond them.

AWS's price list was not read. The prices of nodes are those that public code quotes from it, of an RPU that of AWS's
announcement of 4 RPUs "beginning at $1.50 per hour".
https://aws.amazon.com/blogs/big-data/amazon-redshift-serverless-at-4-rpus-high-value-analytics-at-low-cost/
"""

from dataclasses import dataclass

from sparkify.cluster.form import PROVISIONED, UpForm

SOURCE = "https://aws.amazon.com/redshift/pricing/"
QUOTED = "2025 and 2026"
# USD an hour and node, on demand.
_NODES = {"ra3.large": 0.543, "ra3.xlplus": 1.086, "ra3.4xlarge": 3.26, "ra3.16xlarge": 13.04}
NODE_PRICES = {"us-east-1": _NODES, "us-west-2": _NODES}
# USD a Redshift Processing Unit and hour, billed by the second while queries run, 60 seconds at least.
RPU_PRICES = {"us-east-1": 0.375}


@dataclass(frozen=True)
class Price:
    """The price of computing; storage, snapshots and traffic come on top.

    :ivar hourly: USD an hour, or None where we do not know.
    :ivar text: it in words, with what it rests on.
    """

    hourly: float | None
    text: str


def price_of(form: UpForm) -> Price:
    """Tell about what a cluster costs an hour in its region."""
    region = form.region
    if form.kind == PROVISIONED:
        each = NODE_PRICES.get(region, {}).get(form.node_type)
        what, count = f"{form.nodes} x {form.node_type}", form.nodes
        running = "for as long as it is there and not paused"
    else:
        each = RPU_PRICES.get(region)
        what, count = f"{form.base_capacity} RPUs", form.base_capacity
        running = "while queries run, and up to the maximum capacity when it scales; nothing while idle"
    if each is None:
        return Price(None, f"{what} in {region}: price unknown here, see {SOURCE}. Billed {running}; storage on top")
    hourly = round(each * count, 4)
    return Price(
        hourly,
        f"{what} in {region}: about {hourly:.2f} USD an hour ({hourly * 730:,.0f} USD a month of 730 hours) "
        f"{running}; storage, snapshots and traffic on top. On demand, as others quoted AWS's prices in {QUOTED}; not "
        f"checked against the list itself: {SOURCE}",
    )
