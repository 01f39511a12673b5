"""A music service that never was: logs and a song catalogue in the public sample's formats, for any size and seed."""

from local.simulator.simulation import SimulationError, Summary, simulate

__all__ = ["SimulationError", "Summary", "simulate"]
