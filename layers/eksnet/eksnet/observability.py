"""Structured logs without secrets, and metrics: the only module that shapes what is logged."""

import re
from collections.abc import Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import MetricUnit

NAME = "eksnet"  # the service of the logs, the namespace of the metrics
REDACTED = "REDACTED"
# Names of fields whose values are secrets wherever they occur in an event or a message.
_SECRET_NAME = re.compile(
    r"(?i)(password|passwd|secret|token|credential|authorization|external_?id|private_?key"
    r"|kubeconfig|certificate_?authority|session_?key)"
)
# Values that are secrets wherever they stand: access keys, JSON web tokens, private keys, e-mails.
_SECRET_VALUE = re.compile(
    r"\b(?:A3T|AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)"
    r"|[\w.+-]+@[\w-]+(?:\.[\w-]+)+",
    re.DOTALL,
)


def redacted(value: object, name: str = "") -> object:
    """Return ``value`` with everything that is or may be a secret replaced."""
    if name and value is not None and _SECRET_NAME.search(name):
        return REDACTED
    if isinstance(value, str):
        return _SECRET_VALUE.sub(REDACTED, value)
    if isinstance(value, dict):
        return {key: redacted(each, str(key)) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [redacted(each) for each in value]
    return value


class _Formatter(LambdaPowertoolsFormatter):
    """Redacts a whole log line just before it becomes text."""

    def serialize(self, log: Any) -> str:  # noqa: ANN401 - Powertools' own dictionary
        clean: Any = redacted(log)
        return super().serialize(clean)


logger = Logger(service=NAME, logger_formatter=_Formatter())
_metrics = Metrics(namespace=NAME, service=NAME)


def publish(figures: Mapping[str, int]) -> None:
    """Write counts to the log in the form that CloudWatch makes metrics of."""
    for name, value in figures.items():
        _metrics.add_metric(name, MetricUnit.Count, value)
    if figures:
        _metrics.flush_metrics()
