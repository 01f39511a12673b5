"""What ends a change of a cluster for good: another try would meet it again."""

from airflow.sdk.exceptions import AirflowException, AirflowFailException


class ClusterError(AirflowFailException):
    """A cluster that cannot be made, changed or removed as asked."""


class FormError(ClusterError):
    """Fields of the form that are wrong; the message has a line for each."""


class ForeignResourceError(ClusterError):
    """Something of the name that we need is there already, and does not carry our tag."""


class NotYetError(AirflowException):
    """AWS is not ready; a retry may find it so."""
