"""What is logged holds no secret, and metrics are what CloudWatch reads."""

import json
import logging

import pytest

from eksnet.observability import REDACTED, logger, publish, redacted

CANARIES = (
    "AKIAIOSFODNN7EXAMPLE",
    "ASIAIOSFODNN7EXAMPLE",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----",
    "jane.doe@example.com",
)


@pytest.mark.parametrize("canary", CANARIES)
def test_a_secret_in_a_text_is_replaced_and_the_rest_kept(canary: str) -> None:
    text = redacted(f"before {canary} after")
    assert text == f"before {REDACTED} after"


@pytest.mark.parametrize(
    "name", ["password", "SecretAccessKey", "sessionToken", "Authorization", "ExternalId"]
)
def test_the_value_of_a_secrets_name_is_replaced_however_deep(name: str) -> None:
    event = {"detail": [{"request": {name: "s3cr3t", "region": "eu-west-1"}}]}
    assert redacted(event) == {"detail": [{"request": {name: REDACTED, "region": "eu-west-1"}}]}


def test_a_log_line_is_json_without_the_secrets() -> None:
    record = logging.LogRecord("eksnet", 40, __file__, 1, "failed for %s", (CANARIES[0],), None)
    record.event = {"token": "t0p", "mail": CANARIES[4]}
    said = json.loads(logger.registered_handler.format(record))
    assert said["message"] == f"failed for {REDACTED}"
    assert said["event"] == {"token": REDACTED, "mail": REDACTED}


def test_figures_are_written_in_the_embedded_metric_format(
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish({})
    assert capsys.readouterr().out == ""
    publish({"SubnetsAtRisk": 3, "RunsReported": 1})
    said = json.loads(capsys.readouterr().out)
    assert said["SubnetsAtRisk"] == [3.0]
    assert said["RunsReported"] == [1.0]
    assert said["service"] == "eksnet"
    (metrics,) = said["_aws"]["CloudWatchMetrics"]
    assert {each["Name"] for each in metrics["Metrics"]} == {"SubnetsAtRisk", "RunsReported"}
