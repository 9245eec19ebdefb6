"""What the functions call is what their roles allow: none missing, none unused."""

import fnmatch
from collections.abc import Iterator
from typing import Any

import pytest

from eksnet.checks import catalogue
from eksnet.engine.profile import Profile
from eksnet.model.errors import InputError
from eksnet.pipeline.services import Services
from eksnet.settings.deployment import read_deployment
from eksnet.settings.repair import read_repair
from tests.deployed.reading import REPAIRER
from tests.functions import recorded
from tests.functions.recorded import Used
from tools.template import actions, expand, statements
from tools.template_text import read_actions
from tools.template_writes import writes

# Lambda itself does these with the role: writing logs, polling the queue.
LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}
KEY = {"kms:Decrypt", "kms:GenerateDataKey"}  # what the services do with a key, if there is one
AUDITING, REPAIRING = ("targets", "audit", "report", "changes"), ("plan", "decide", "step")
# A plan's execution looks again at what its own checks need, whichever these are.
LOOKS = {"step"}
# What no plan of the demo takes: AWS itself delivers to S3 and Firehose, and no add-on is set.
NOT_PLANNED = {
    "eks:UpdateAddon",
    "firehose:TagDeliveryStream",
    "logs:CreateLogDelivery",
    "logs:DeleteLogDelivery",
}
LEADING = "dynamodb:LeadingKeys"


@pytest.fixture(scope="module")
def used() -> Used:
    """The calls of each function in everything it can be asked to do."""
    return recorded.used()


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    return expand()


def allowed(template: dict[str, Any], name: str) -> list[Any]:
    resources = template["Resources"]
    every = statements(resources[f"{name.capitalize()}Role"], resources)
    return [each for each in every if each["Effect"] == "Allow"]


def granted(template: dict[str, Any], name: str) -> set[str]:
    return {each for statement in allowed(template, name) for each in actions(statement)}


def called(used: Used, name: str, role: str = "") -> set[str]:
    return {call.action for call in used[name] if call.role == role}


@pytest.mark.parametrize("name", [*AUDITING, *REPAIRING])
def test_a_role_allows_what_its_function_calls_and_no_more(
    used: Used, template: dict[str, Any], name: str
) -> None:
    looks = set(read_actions()) if name in LOOKS else set()
    assert called(used, name) <= granted(template, name)
    assert granted(template, name) - LAMBDA - KEY - looks == called(used, name) - looks


def test_a_member_role_reads_what_the_audit_reads(used: Used, template: dict[str, Any]) -> None:
    policy = template["Resources"]["ReadPolicy"]["Properties"]["PolicyDocument"]
    (read,) = (set(actions(each)) for each in policy["Statement"])
    ours = ("dynamodb:", "s3:", "events:", "sts:AssumeRole")
    own = {each for each in called(used, "audit") if not each.startswith(ours)}
    member = called(used, "audit", "eksnet-audit")
    assert read == own | member
    assert called(used, "plan", "eksnet-audit") <= read
    assert called(used, "step", "eksnet-audit") <= read


def test_a_remediation_role_does_what_plans_do_and_only_in_the_function_of_steps(
    used: Used,
) -> None:
    resources = REPAIRER["Resources"]
    every = statements(resources["Role"], resources)
    may = {each for part in every if part["Effect"] == "Allow" for each in actions(part)}
    does = called(used, "step", "eksnet-remediation")
    assert does <= may
    assert does & set(writes()) == set(writes()) - NOT_PLANNED
    for name in {*AUDITING, *REPAIRING} - {"step"}:
        assert called(used, name, "eksnet-remediation") == set()
    for name in (*AUDITING, *REPAIRING):
        assert not called(used, name) & set(writes())
        assert not called(used, name, "eksnet-audit") & set(writes())


@pytest.mark.parametrize("name", REPAIRING)
def test_each_partition_is_touched_where_the_role_allows_and_each_allowed_one_is_touched(
    used: Used, template: dict[str, Any], name: str
) -> None:
    guarded = [each for each in allowed(template, name) if LEADING in str(each)]
    assert guarded
    for statement in guarded:
        patterns = statement["Condition"]["ForAllValues:StringLike"][LEADING]
        mine = [call for call in used[name] if call.action in actions(statement)]
        keys = {call.names for call in mine}
        outside = [key for key in keys if not any(fnmatch.fnmatchcase(key, p) for p in patterns)]
        assert outside == [], statement["Sid"]
        unused = [p for p in patterns if not any(fnmatch.fnmatchcase(key, p) for key in keys)]
        assert unused == [], statement["Sid"]


@pytest.mark.parametrize("name", AUDITING)
def test_an_audit_writes_nothing_that_it_is_forbidden(
    used: Used, template: dict[str, Any], name: str
) -> None:
    resources = template["Resources"]
    every = statements(resources[f"{name.capitalize()}Role"], resources)
    (refused,) = (each for each in every if each["Effect"] == "Deny")
    patterns = refused["Condition"]["ForAnyValue:StringLike"][LEADING]
    written = {call.names for call in used[name] if call.action in actions(refused)}
    assert written
    assert not [key for key in written if any(fnmatch.fnmatchcase(key, p) for p in patterns)]


def test_objects_are_written_only_where_the_roles_allow(
    used: Used, template: dict[str, Any]
) -> None:
    for name, calls in used.items():
        written = {call.names.partition("/")[0] for call in calls if call.action == "s3:PutObject"}
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
        "EKSNET_PROFILE": "core",
        "EKSNET_FAIL_SEVERITY": "high",
        "EKSNET_HISTORY_DAYS": "400",
    }
    environment = Asked(plain)
    assert read_deployment(environment).table == "eksnet"
    assert environment.names == {*given, "AWS_REGION"}
    repair = Asked({})
    assert read_repair(repair).role == ""
    for name in ("Plan", "Step"):
        function = template["Resources"][f"{name}Function"]["Properties"]
        more = function["Environment"]["Variables"].keys() - variables.keys()
        asks = repair.names - ({"EKSNET_REPAIR_MACHINE"} if name == "Step" else set())
        assert more == asks, name
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
        ("EKSNET_PROFILE", "compliance"),
        ("EKSNET_HISTORY_DAYS", "-1"),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: str) -> None:
    needed = ("AWS_REGION", "EKSNET_ACCOUNT", "EKSNET_TABLE", "EKSNET_BUCKET", "EKSNET_TOPIC")
    plain = dict.fromkeys((*needed, "EKSNET_BUS"), "x")
    with pytest.raises(InputError, match=name):
        read_deployment({**plain, name: value})


def test_an_audit_asks_the_checks_of_the_profile_and_a_plan_is_proven_by_all(
    template: dict[str, Any],
) -> None:
    assert template["Parameters"]["Profile"]["AllowedValues"] == list(Profile)
    needed = ("AWS_REGION", "EKSNET_ACCOUNT", "EKSNET_TABLE", "EKSNET_BUCKET", "EKSNET_TOPIC")
    plain = dict.fromkeys((*needed, "EKSNET_BUS"), "x")
    for profile in Profile:
        deployment = read_deployment({**plain, "EKSNET_PROFILE": profile})
        services = Services(deployment, read_repair({}))
        asked = {each.id for each in services.audited}
        assert asked == {each.id for each in catalogue() if profile in each.profiles}
        assert list(services.checks) == list(catalogue())
        assert services.facets >= {facet for each in services.audited for facet in each.facets}
