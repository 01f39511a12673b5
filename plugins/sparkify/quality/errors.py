"""The error of a check that is not declared as it should be."""

from airflow.sdk.exceptions import AirflowFailException


class CheckDefinitionError(AirflowFailException):
    """A check that is not declared as it should be; names the place and what is known there."""
