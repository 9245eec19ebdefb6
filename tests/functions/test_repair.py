"""A repair through the handlers: asked for, approved by another, carried out, and taken back."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from eksnet.model.journal import PlanState, Purpose, StepState, Switch
from eksnet.pipeline.services import services
from eksnet.store.interface import StoreError
from sandbox import denials
from sandbox.deployed import Application, Person
from tests.functions.deployment import running

CLUSTER = "storefront"
ASKS, APPROVES, OTHER = (Person(name=name) for name in ("ada", "bob", "eve"))
BLOCK = "100.64."
HAD: set[str] = set()  # the plans of the tests before


@pytest.fixture(scope="module")
def deployed_once() -> Iterator[Application]:
    with running(whole=False, POWERTOOLS_LOG_LEVEL="CRITICAL") as application:
        yield application


@pytest.fixture
def application(deployed_once: Application) -> Iterator[Application]:
    """Give the application; what a test made is taken back, so that the next one plans anew."""
    opt_in(deployed_once)
    yield deployed_once
    denials.clear()
    for row in services().plans.rows():
        if row.state in (PlanState.SUCCEEDED, PlanState.INTERRUPTED, PlanState.STEP_FAILED):
            carried_out(deployed_once, row.plan_id, "rollback")
    deployed_once.mails()


def vpc() -> str:
    """Return the cluster's VPC."""
    found = boto3.client("eks").describe_cluster(name=CLUSTER)
    return str(found["cluster"]["resourcesVpcConfig"]["vpcId"])


def opt_in(_: Application, value: str = "allowed") -> None:
    """Let the VPC be changed."""
    tag = {"Key": "eksnet:remediate", "Value": value}
    boto3.client("ec2").create_tags(Resources=[vpc()], Tags=[tag])


def asked(application: Application, **said: Any) -> tuple[int, Any]:
    """Ask for a plan of the cluster."""
    request = {"do": "plan", "remedy": "secondary-cidr", "cluster": CLUSTER, **said}
    return application.signed("plan", ASKS, json.dumps(request))


def planned(application: Application) -> str:
    """Return the id of a plan that is kept, and that no test had before.

    Two looks of one second that see the same make the same plan: then it is asked for again.
    """
    plan_id = ""
    while not plan_id or plan_id in HAD:
        status, answer = asked(application)
        assert status == 200, answer
        plan_id = str(answer["plan_id"])
    HAD.add(plan_id)
    return plan_id


def said(application: Application, plan_id: str, do: str, who: Person = APPROVES) -> int:
    """Return the status of a decision."""
    return application.signed("decide", who, json.dumps({"do": do, "plan_id": plan_id}))[0]


def begun(application: Application, plan_id: str, purpose: str) -> tuple[int, Any]:
    """Ask for an execution."""
    request = {"do": purpose, "plan_id": plan_id}
    return application.signed("plan", ASKS, json.dumps(request))


def carried_out(application: Application, plan_id: str, purpose: str) -> str:
    """Carry an execution out to its end; return the state."""
    status, answer = begun(application, plan_id, purpose)
    assert status == 200, answer
    done = application.carry_out(plan_id, purpose, answer["attempt"])
    return str(done["state"])


def pod_subnets() -> list[dict[str, Any]]:
    """Return the subnets of the VPC that a plan made."""
    given = [{"Name": "vpc-id", "Values": [vpc()]}]
    found = boto3.client("ec2").describe_subnets(Filters=given)["Subnets"]
    return [each for each in found if each["CidrBlock"].startswith(BLOCK)]


def blocks() -> list[str]:
    """Return the VPC's blocks."""
    (found,) = boto3.client("ec2").describe_vpcs(VpcIds=[vpc()])["Vpcs"]
    kept = found["CidrBlockAssociationSet"]
    return [each["CidrBlock"] for each in kept if each["CidrBlockState"]["State"] == "associated"]


def test_an_exhausted_cluster_is_repaired_and_the_repair_is_taken_back(
    application: Application,
) -> None:
    before = blocks()
    plan_id = planned(application)
    assert said(application, plan_id, "approve") == 200
    assert carried_out(application, plan_id, "apply") == PlanState.SUCCEEDED
    made = pod_subnets()
    assert {each["AvailabilityZoneId"] for each in made} == {"use1-az1", "use1-az2", "use1-az6"}
    for each in made:
        tags = {tag["Key"]: tag["Value"] for tag in each["Tags"]}
        assert tags["eksnet:plan"] == plan_id
        assert tags["kubernetes.io/role/cni"] == "1"
    assert carried_out(application, plan_id, "rollback") == PlanState.ROLLED_BACK
    assert pod_subnets() == []
    assert blocks() == before


def test_the_mail_shows_the_plan_and_the_commands_and_no_link(application: Application) -> None:
    plan_id = planned(application)
    ((subject, body),) = application.mails()
    assert plan_id in subject
    assert f"eksnet approve {plan_id}" in body
    assert "It needs 1 approval." in body
    assert "http" not in body


def test_without_the_tag_nothing_is_planned(application: Application) -> None:
    opt_in(application, "no")
    status, answer = asked(application)
    assert (status, answer["rule"]) == (409, "not-opted-in")


def test_without_an_approval_nothing_begins(application: Application) -> None:
    plan_id = planned(application)
    assert said(application, plan_id, "approve", ASKS) == 409
    status, answer = begun(application, plan_id, "apply")
    assert (status, "approval" in answer["text"]) == (409, True)
    assert pod_subnets() == []


def test_a_rejection_by_anybody_is_the_end(application: Application) -> None:
    plan_id = planned(application)
    assert said(application, plan_id, "approve") == 200
    assert said(application, plan_id, "reject", OTHER) == 200
    status, _ = begun(application, plan_id, "apply")
    assert status == 409
    row = services().plans.row(plan_id)
    assert row is not None
    assert row.state is PlanState.REJECTED


def test_a_change_of_the_vpc_in_between_makes_the_plan_stale(application: Application) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    ec2 = boto3.client("ec2")
    tables = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc()]}])
    nat = next(
        (table["RouteTableId"], route["NatGatewayId"])
        for table in tables["RouteTables"]
        for route in table["Routes"]
        if "NatGatewayId" in route
    )
    ec2.create_route(RouteTableId=nat[0], NatGatewayId=nat[1], DestinationCidrBlock="192.0.2.0/24")
    try:
        assert carried_out(application, plan_id, "apply") == PlanState.STALE
    finally:
        ec2.delete_route(RouteTableId=nat[0], DestinationCidrBlock="192.0.2.0/24")
    assert pod_subnets() == []


def test_a_permission_that_lacks_is_found_before_the_first_write(application: Application) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    with denials.denied("ec2:AssociateVpcCidrBlock"):
        state = carried_out(application, plan_id, "apply")
    assert state in (PlanState.STEP_FAILED, PlanState.REFUSED)
    assert blocks() == [each for each in blocks() if not each.startswith(BLOCK)]


def test_a_half_done_plan_is_taken_back_whole(application: Application) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    with denials.denied("ec2:AssociateRouteTable"):
        assert carried_out(application, plan_id, "apply") == PlanState.STEP_FAILED
    assert pod_subnets()
    assert carried_out(application, plan_id, "rollback") == PlanState.ROLLED_BACK
    assert pod_subnets() == []


def test_a_subnet_in_use_stays_and_is_named(application: Application) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    assert carried_out(application, plan_id, "apply") == PlanState.SUCCEEDED
    ec2 = boto3.client("ec2")
    used = pod_subnets()[0]["SubnetId"]
    made = ec2.create_network_interface(SubnetId=used)["NetworkInterface"]["NetworkInterfaceId"]
    assert carried_out(application, plan_id, "rollback") == PlanState.NEEDS_HUMAN
    row = services().plans.row(plan_id)
    assert row is not None
    kept = [each for each in row.steps if each.state is StepState.KEPT]
    assert used in {each.resource_id for each in kept}
    assert [each["SubnetId"] for each in pod_subnets()] == [used]
    ec2.delete_network_interface(NetworkInterfaceId=made)
    assert carried_out(application, plan_id, "rollback") == PlanState.ROLLED_BACK
    assert pod_subnets() == []
    assert blocks() == [each for each in blocks() if not each.startswith(BLOCK)]


def test_the_end_is_mailed_once_however_often_its_last_step_is_repeated(
    application: Application,
) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    assert carried_out(application, plan_id, "apply") == PlanState.SUCCEEDED
    again = application.carry_out(plan_id, "apply", 1)
    assert (again["state"], again["again"]) == (PlanState.SUCCEEDED, False)
    subjects = [subject for subject, _ in application.mails()]
    assert [each for each in subjects if "succeeded" in each] == [
        f"eksnet: {plan_id} succeeded, secondary-cidr"
    ]
    assert carried_out(application, plan_id, "rollback") == PlanState.ROLLED_BACK
    application.carry_out(plan_id, "apply", 1)
    application.carry_out(plan_id, "rollback", 2)
    assert [subject for subject, _ in application.mails()] == [
        f"eksnet: {plan_id} rolled-back, secondary-cidr"
    ]


def test_a_mail_that_could_not_be_sent_is_sent_when_the_step_is_repeated(
    application: Application,
) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    application.mails()
    with denials.denied("sns:Publish"), pytest.raises(StoreError, match="sns:Publish"):
        carried_out(application, plan_id, "apply")
    assert application.mails() == []
    assert application.carry_out(plan_id, "apply", 1)["state"] == PlanState.SUCCEEDED
    assert len(application.mails()) == 1


def test_an_execution_that_could_not_be_started_can_be_asked_for_again_at_once(
    application: Application,
) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    with denials.denied("stepfunctions:StartExecution"):
        assert begun(application, plan_id, "apply")[0] == 503
    assert begun(application, plan_id, "apply")[1]["attempt"] == 2
    assert application.carry_out(plan_id, "apply", 1)["again"] is False
    assert application.carry_out(plan_id, "apply", 2)["state"] == PlanState.SUCCEEDED


@pytest.mark.parametrize("purpose", Purpose)
def test_the_journal_says_who_asked_for_an_execution(
    application: Application, purpose: Purpose
) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    for each in Purpose if purpose is Purpose.ROLLBACK else (purpose,):
        carried_out(application, plan_id, each)
    texts = [each.text for each in services().plans.entries(plan_id)]
    name = f"{plan_id}-{purpose}-{1 + (purpose is Purpose.ROLLBACK)}"
    assert f"{name} begins, asked for by {ASKS.arn}" in texts


def test_the_kill_switch_stops_it_before_the_next_write(application: Application) -> None:
    plan_id = planned(application)
    said(application, plan_id, "approve")
    status, answer = begun(application, plan_id, "apply")
    assert status == 200
    store = services().plans
    store.put_switch(Switch(stopped=True, reason="freeze", by="ops"))
    try:
        done = application.carry_out(plan_id, "apply", answer["attempt"])
        assert (done["state"], "freeze" in done["text"]) == (PlanState.HALTED, True)
        assert pod_subnets() == []
    finally:
        store.put_switch(Switch())
    assert carried_out(application, plan_id, "apply") == PlanState.SUCCEEDED
