import json
import subprocess
from typing import Any

import pytest

from tests.artefact.built import FUNCTIONS, built, layer_path, runtime
from tests.artefact.runtime import Answer, invoke

ENVIRONMENT = {
    "AWS_REGION": "eu-west-1",
    "AWS_DEFAULT_REGION": "eu-west-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",  # nobody answers there: nothing may be asked
    "AWS_LAMBDA_FUNCTION_NAME": "eksnet",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
    "EKSNET_TABLE": "eksnet",
    "EKSNET_BUCKET": "eksnet-111122223333",
    "EKSNET_TOPIC": "arn:aws:sns:eu-west-1:111122223333:eksnet",
    "EKSNET_BUS": "eksnet",
    "EKSNET_ACCOUNT": "111122223333",
    "POWERTOOLS_SERVICE_NAME": "eksnet",
    "POWERTOOLS_METRICS_NAMESPACE": "eksnet",
    "PYTHONDONTWRITEBYTECODE": "1",  # what is tested must stay as it was built
}
IMPORT_ALL = """
import importlib, pkgutil, sys
import eksnet
names = [each.name for each in pkgutil.walk_packages(eksnet.__path__, "eksnet.")]
for name in names:
    importlib.import_module(name)
print(*{name.partition(".")[0] for name in sys.modules}, *names)
"""
MALFORMED = [None, [], "text", {}, {"run_id": "1; drop"}, {"scheduled_at": "tomorrow"}]


def answered(name: str, event: object) -> Answer:
    folder = built()
    environment = {**ENVIRONMENT, "PYTHONPATH": layer_path(folder)}
    return invoke(runtime(), folder / name, environment, event)


def message(body: Any) -> dict[str, object]:
    return {
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body if isinstance(body, str) else json.dumps(body),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-west-1:111122223333:eksnet",
        "awsRegion": "eu-west-1",
    }


URLS = ("PlanFunction", "DecideFunction")
LOADED = """
import app, sys
print(*sorted(name for name in sys.modules if name.startswith("eksnet.")))
"""


def refused(answer: Answer) -> dict[str, str]:
    """Return what a function that people reach by its URL says to what is no request."""
    assert answer.value["statusCode"] == 400
    said: dict[str, str] = json.loads(answer.value["body"])
    return said


@pytest.mark.parametrize("name", URLS)
@pytest.mark.parametrize("event", MALFORMED, ids=str)
def test_what_is_no_signed_request_is_refused_with_a_reason(name: str, event: object) -> None:
    answer = answered(name, event)
    assert not answer.failed, answer.value
    assert list(refused(answer)) == ["rejected"]


@pytest.mark.parametrize(
    "name", ["TargetsFunction", "AuditFunction", "ReportFunction", "StepFunction"]
)
@pytest.mark.parametrize("event", MALFORMED[-3:], ids=str)
def test_a_malformed_event_is_rejected_with_a_reason(name: str, event: object) -> None:
    answer = answered(name, event)
    assert not answer.failed, answer.value
    assert list(answer.value) == ["rejected"]
    assert answer.value["rejected"]


@pytest.mark.parametrize("body", ["no JSON", {}, []], ids=str)
def test_a_malformed_message_alone_goes_back_to_the_queue(body: object) -> None:
    sent = message(body)
    answer = answered("ChangesFunction", {"Records": [sent]})
    assert not answer.failed, answer.value
    assert answer.value == {"batchItemFailures": [{"itemIdentifier": sent["messageId"]}]}


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - URLS))
@pytest.mark.parametrize("event", MALFORMED[:3], ids=str)
def test_an_event_that_is_no_object_is_rejected_too(name: str, event: object) -> None:
    answer = answered(name, event)
    assert not answer.failed, answer.value
    assert list(answer.value) == ["rejected"]


def loaded(name: str) -> set[str]:
    """Return our modules that a function has loaded when it has started."""
    environment = {**ENVIRONMENT, "PYTHONPATH": layer_path(built())}
    command = [runtime(), "-W", "error", "-c", LOADED]
    done = subprocess.run(  # noqa: S603 - what was built here
        command, cwd=built() / name, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "name", ["TargetsFunction", "AuditFunction", "ReportFunction", "ChangesFunction"]
)
def test_what_audits_starts_without_what_repairs(name: str) -> None:
    repairs = ("eksnet.apply", "eksnet.remedies", "eksnet.plan.", "eksnet.store.plans_")
    assert [each for each in sorted(loaded(name)) if each.startswith(repairs)] == []


def test_what_carries_out_plans_starts_with_all_it_needs() -> None:
    assert {"eksnet.apply.executor", "eksnet.apply.aws_hands"} <= loaded("StepFunction")


def test_every_module_shipped_needs_only_what_is_shipped() -> None:
    environment = {**ENVIRONMENT, "PYTHONPATH": layer_path(built())}
    command = [runtime(), "-W", "error", "-c", IMPORT_ALL]
    done = subprocess.run(  # noqa: S603 - what was built here
        command, env=environment, capture_output=True, text=True, check=False
    )
    assert not done.returncode, done.stderr
    imported = set(done.stdout.split())
    assert {"eksnet.checks.xen_room", "eksnet.collect.live", "eksnet.report.html"} <= imported
    assert not imported & {"boto3", "rich", "typer", "aws_xray_sdk", "eksnet.cli"}
