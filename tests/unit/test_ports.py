"""Ports that tests name before anything listens there."""

from tests.ports import named_ports


def test_a_browser_goes_to_every_port_that_tests_name() -> None:
    # A third more than the range holds: wherever another test left off, all of it is given.
    assert min(named_ports(13_000)) > 10_080
