"""What the functions call is what their roles allow: none missing, none unused."""

from collections.abc import Iterator
from typing import Any

import boto3
import botocore.client
import pytest

from eksnet.model.errors import InputError
from eksnet.settings.deployment import read_deployment
from sandbox.deployed import NAME, Application
from tests.functions.deployment import EVENTS, SCHEDULED, function, load, running
from tools.template import actions, expand, statements

# Lambda itself does these with the role: writing logs, polling the queue.
LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}  # what the services do with a key, if there is one
# A transaction needs the rights of its parts: DynamoDB guide, "Transactions: How it works".
PARTS = {"Put": "dynamodb:PutItem", "ConditionCheck": "dynamodb:ConditionCheckItem"}
KEY_OF_RULES = "config/suppressions.yaml"
RULES = b"""suppressions:
  - check: EPA002
    reason: the shop is public
    owner: shops
    expires: 2099-01-01
"""
Used = dict[str, set[tuple[str, str]]]


def asked(service: str, operation: str, parameters: Any) -> Iterator[tuple[str, str]]:
    """Yield the actions that a call needs, each with the resource it names, if it names one."""
    resource = parameters.get("Key") if service == "s3" else ""
    if operation == "TransactWriteItems":
        for part in parameters["TransactItems"]:
            yield PARTS[next(iter(part))], ""
    else:
        yield f"{service}:{operation}", resource or ""


@pytest.fixture(scope="module")
def used() -> Used:
    """The actions that each function used in everything it can be asked to do."""
    found: Used = {"targets": set(), "audit": set(), "report": set(), "changes": set()}
    doing: list[str] = []
    original = botocore.client.BaseClient._make_api_call
    invoke = Application.invoke

    def noting(client: Any, operation: str, parameters: Any) -> Any:
        if doing:
            service = client.meta.service_model.signing_name  # as IAM names it
            found[doing[-1]].update(asked(service, operation, parameters))
        return original(client, operation, parameters)

    def known(application: Application, name: str, event: object) -> Any:
        doing.append(name)
        try:
            return invoke(application, name, event)
        finally:
            doing.pop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", noting)
        patch.setattr(Application, "invoke", known)
        _do_everything()
    return found


def _do_everything() -> None:
    with running(EKSNET_SUPPRESSIONS=KEY_OF_RULES) as application:
        boto3.client("s3").put_object(Bucket=NAME, Key=KEY_OF_RULES, Body=RULES)
        boto3.client("eks").create_fargate_profile(
            clusterName="payments",
            fargateProfileName="jobs",
            podExecutionRoleArn="arn:aws:iam::111122223333:role/jobs",
            selectors=[{"namespace": "jobs"}],
        )
        _take_a_prefix()
        # Changes come first: a complete look that began later would cover them.
        for path in EVENTS:
            if function(path) == "changes":
                application.invoke("changes", load(path))
        application.run(SCHEDULED)
        for path in EVENTS:
            application.invoke(function(path), load(path))
    with running(EKSNET_ACCOUNTS="organization", EKSNET_REGIONS="all") as application:
        for path in EVENTS:
            if function(path) == "targets":
                application.invoke("targets", load(path))


def _take_a_prefix() -> None:
    """Reservations are read of subnets with prefixes only."""
    ec2 = boto3.client("ec2")
    roomiest = max(ec2.describe_subnets()["Subnets"], key=lambda s: s["AvailableIpAddressCount"])
    ec2.create_network_interface(SubnetId=roomiest["SubnetId"], Ipv4PrefixCount=1)


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return expand()


def granted(template: dict[str, Any], name: str) -> set[str]:
    resources = template["Resources"]
    role = resources[f"{name.capitalize()}Role"]
    return {each for statement in statements(role, resources) for each in actions(statement)}


@pytest.mark.parametrize("name", ["targets", "audit", "report", "changes"])
def test_a_role_allows_what_its_function_calls_and_no_more(
    used: Used, template: dict[str, Any], name: str
) -> None:
    called = {action for action, _ in used[name]}
    assert granted(template, name) - LAMBDA - KEY == called


def test_a_member_role_reads_what_the_audit_reads(used: Used, template: dict[str, Any]) -> None:
    policy = template["Resources"]["ReadPolicy"]["Properties"]["PolicyDocument"]
    (read,) = (set(actions(each)) for each in policy["Statement"])
    called = {action for action, _ in used["audit"]}
    ours = ("dynamodb:", "s3:", "events:", "sts:AssumeRole")
    assert read == {each for each in called if not each.startswith(ours)}


def test_objects_are_written_only_where_the_roles_allow(
    used: Used, template: dict[str, Any]
) -> None:
    for name, calls in used.items():
        written = {key.partition("/")[0] for action, key in calls if action == "s3:PutObject"}
        assert written == set(_folders(template, name))


def _folders(template: dict[str, Any], name: str) -> Iterator[str]:
    resources = template["Resources"]
    for statement in statements(resources[f"{name.capitalize()}Role"], resources):
        if "s3:PutObject" in actions(statement):
            given = statement["Resource"]
            for each in given if isinstance(given, list) else [given]:
                yield each["Fn::Sub"].split("/")[1]


class Asked(dict[str, str]):
    """An environment that notes which variables are asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.names: set[str] = set()

    def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
        self.names.add(name)
        return super().get(name, default)


def test_the_functions_read_the_very_environment_that_the_template_gives(
    template: dict[str, Any],
) -> None:
    variables = template["Resources"]["AuditFunction"]["Properties"]["Environment"]["Variables"]
    given = {name for name in variables if name.startswith("EKSNET_")}
    plain = {
        **dict.fromkeys(given, "eksnet"),
        "AWS_REGION": "eu-west-1",
        "EKSNET_ACCOUNT": "111122223333",
        "EKSNET_ACCOUNTS": "",
        "EKSNET_REGIONS": "",
        "EKSNET_LIMITS": "{}",
        "EKSNET_FAIL_SEVERITY": "high",
        "EKSNET_HISTORY_DAYS": "400",
    }
    environment = Asked(plain)
    assert read_deployment(environment).table == "eksnet"
    assert environment.names == {*given, "AWS_REGION"}
    for name in ("EKSNET_ACCOUNT", "EKSNET_TABLE", "EKSNET_BUCKET", "EKSNET_TOPIC", "EKSNET_BUS"):
        with pytest.raises(InputError, match=name):
            read_deployment({**plain, name: " "})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("EKSNET_ACCOUNTS", "111122223333,12"),
        ("EKSNET_REGIONS", "Ireland"),
        ("EKSNET_LIMITS", "[1]"),
        ("EKSNET_LIMITS", '{"pod_required": 5.5}'),
        ("EKSNET_LIMITS", '{"pods_required": 5}'),
        ("EKSNET_FAIL_SEVERITY", "bad"),
        ("EKSNET_HISTORY_DAYS", "-1"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    needed = ("AWS_REGION", "EKSNET_ACCOUNT", "EKSNET_TABLE", "EKSNET_BUCKET", "EKSNET_TOPIC")
    plain = dict.fromkeys((*needed, "EKSNET_BUS"), "x")
    with pytest.raises(InputError, match=name):
        read_deployment({**plain, name: value})
