"""What the functions call as they do everything they can be asked to do, and as which role."""

import collections
import contextlib
import dataclasses
import datetime as dt
import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

import boto3
import botocore.client
import botocore.exceptions
import pytest
from moto.ec2.models import ec2_backends

from eksnet.model.plan import OPT_IN_TAG, OPTED_IN
from eksnet.remedies.flow_logs import GROUP
from sandbox import denials
from sandbox.deployed import HOME, NAME, Application, Person
from sandbox.organization import credentials
from tests.functions.deployment import EVENTS, SCHEDULED, function, load, running

# A transaction needs the rights of its parts: DynamoDB guide, "Transactions: How it works".
PARTS = {
    "Put": "dynamodb:PutItem",
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Update": "dynamodb:UpdateItem",
}
KEY_OF_RULES = "config/suppressions.yaml"
RULES = b"""suppressions:
  - check: EPA002
    reason: the shop is public
    owner: shops
    expires: 2099-01-01
"""
MEMBER, REGION, CLUSTER = "222233334444", "us-east-1", "analytics"
ASKS, APPROVES, ALSO = (Person(name=each) for each in ("ada", "bob", "eve"))


@dataclasses.dataclass(frozen=True)
class Call:
    """An action, what it names: a key of an object, a partition of the table; and as which role.

    ``role`` is "" for a function's own.
    """

    action: str
    names: str
    role: str


Used = dict[str, set[Call]]


def used() -> Used:
    """Return the calls of each function in everything it can be asked to do."""
    found: Used = collections.defaultdict(set)
    doing: list[str] = []
    roles: dict[str, str] = {}
    original = botocore.client.BaseClient._make_api_call
    invoke = Application.invoke

    def noting(client: Any, operation: str, parameters: Any) -> Any:
        answer = None
        try:
            answer = original(client, operation, parameters)
            return answer
        finally:
            if doing:
                role = roles.get(client._request_signer._credentials.access_key, "")
                service = client.meta.service_model.signing_name  # as IAM names it
                asked = _asked(service, operation, parameters)
                found[doing[-1]].update(Call(*each, role) for each in asked)
            if operation == "AssumeRole" and answer:
                key = answer["Credentials"]["AccessKeyId"]
                roles[key] = parameters["RoleArn"].rpartition("/")[2]

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
    return dict(found)


def _asked(service: str, operation: str, parameters: Any) -> Iterator[tuple[str, str]]:
    """Yield the actions that a call needs, each with what it names, if it names one."""
    if service == "dynamodb":
        yield from _of_the_table(operation, parameters)
        return
    yield f"{service}:{operation}", (parameters.get("Key") if service == "s3" else "") or ""
    if parameters.get("SourceIdentity"):
        yield "sts:SetSourceIdentity", ""
    if parameters.get("TagSpecifications"):
        yield "ec2:CreateTags", ""
    if parameters.get("DeliverLogsPermissionArn"):
        yield "iam:PassRole", ""


def _of_the_table(operation: str, parameters: Any) -> Iterator[tuple[str, str]]:
    if operation == "TransactWriteItems":
        for part in parameters["TransactItems"]:
            ((kind, said),) = part.items()
            yield PARTS[kind], _partition(said)
    elif "RequestItems" in parameters:
        for said in parameters["RequestItems"].values():
            listed = said["Keys"] if "Keys" in said else [each["PutRequest"] for each in said]
            for each in listed:
                yield f"dynamodb:{operation}", _partition(each if "Item" in each else {"Key": each})
    else:
        yield f"dynamodb:{operation}", _partition(parameters)


def _partition(said: Any) -> str:
    given: str
    if "ExpressionAttributeValues" in said and "KeyConditionExpression" in said:
        given = said["ExpressionAttributeValues"][":pk"]["S"]
    else:
        given = (said.get("Item") or said["Key"])["pk"]["S"]
    return given


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
        _repair_everything(application)
    with running(EKSNET_ACCOUNTS="organization", EKSNET_REGIONS="all") as application:
        for path in EVENTS:
            if function(path) == "targets":
                application.invoke("targets", load(path))


def _take_a_prefix() -> None:
    """Reservations are read of subnets with prefixes only."""
    ec2 = boto3.client("ec2")
    roomiest = max(ec2.describe_subnets()["Subnets"], key=lambda s: s["AvailableIpAddressCount"])
    ec2.create_network_interface(SubnetId=roomiest["SubnetId"], Ipv4PrefixCount=1)


def _repair_everything(application: Application) -> None:
    """Carry out plans of every kind of step that the demo needs, here and in a member account."""
    for account in (MEMBER, HOME):
        _opt_in(account)
    member = {"account_id": MEMBER, "region": REGION}
    pods = {**member, "remedy": "secondary-cidr", "cluster": CLUSTER}
    _there_and_back(application, **pods)
    _there_and_back(application, **member, remedy="flow-logs")
    _there_and_back(application, remedy="flow-logs")
    rejected = _planned(application, **pods)
    with _lost_answers():
        assert application.signed("decide", ALSO, _said("reject", rejected))[0] == 200
    # Reserved addresses may count as taken: then the subnets stay, and the reservations go.
    reserved = {**pods, "choices": {"reserve_prefixes": True}}
    _there_and_back(application, **reserved, back={"rolled-back", "needs-human"})


@contextlib.contextmanager
def _lost_answers() -> Iterator[None]:
    """Lose the answers to transactions, which take effect: what was kept is then read back."""
    before = botocore.client.BaseClient._make_api_call

    def losing(client: Any, operation: str, parameters: Any) -> Any:
        answer = before(client, operation, parameters)
        if operation == "TransactWriteItems":
            raise botocore.exceptions.ReadTimeoutError(endpoint_url=client.meta.endpoint_url)
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", losing)
        yield


def _opt_in(account: str) -> None:
    """Let every VPC of an account be changed, and be logged to a log group that is there."""
    named = ("aws_access_key_id", "aws_secret_access_key")
    keys = dict(zip(named, credentials(account), strict=True))
    ec2, logs = (boto3.client(each, region_name=REGION, **keys) for each in ("ec2", "logs"))
    vpcs = [each["VpcId"] for each in ec2.describe_vpcs()["Vpcs"]]
    ec2.create_tags(Resources=vpcs, Tags=[{"Key": OPT_IN_TAG, "Value": OPTED_IN}])
    for vpc in vpcs:
        logs.create_log_group(logGroupName=GROUP.format(vpc=vpc))


def _there_and_back(
    application: Application, back: Collection[str] = ("rolled-back",), **wanted: Any
) -> None:
    plan_id = _planned(application, **wanted)
    for who in (APPROVES, ALSO):
        assert application.signed("decide", who, _said("approve", plan_id))[0] == 200
    with denials.denied("stepfunctions:StartExecution"):  # the attempt is then given up
        assert application.signed("plan", ASKS, _said("apply", plan_id))[0] == 503
    for purpose, good in (("apply", ("succeeded",)), ("rollback", back)):
        done = _carried_out(application, plan_id, purpose)
        if done["state"] == "interrupted":
            _age_flow_logs()
            done = _carried_out(application, plan_id, purpose)
        assert done["state"] in good, done


def _carried_out(application: Application, plan_id: str, purpose: str) -> Mapping[str, Any]:
    status, begun = application.signed("plan", ASKS, _said(purpose, plan_id))
    assert status == 200, begun
    return application.carry_out(plan_id, purpose, begun["attempt"])


def _age_flow_logs() -> None:
    """Let every flow log have delivered for an hour: a poor one goes only after the new one has."""
    for account in (MEMBER, HOME):
        for log in ec2_backends[account][REGION].flow_logs.values():
            log.creation_time -= dt.timedelta(hours=1)


def _planned(application: Application, **wanted: Any) -> str:
    body = json.dumps({"do": "plan", **wanted})
    status, answer = application.signed("plan", ASKS, body)
    assert status == 200, answer
    plan_id: str = answer["plan_id"]
    return plan_id


def _said(do: str, plan_id: str) -> str:
    return json.dumps({"do": do, "plan_id": plan_id})
