import collections
from collections.abc import Iterator

import pytest

from eksnet.model.journal import PlanState, StepState
from tests.e2e.inbox import Mails
from tests.e2e.repairs import APPROVES, ASKS, CLUSTER, Network, Repairs
from tests.e2e.stack import Stack
from tests.e2e.waiting import eventually

STEP_SECONDS = 60
CALLS = "about to call"  # how the journal announces a write


@pytest.fixture
def repairs(stack: Stack) -> Repairs:
    return Repairs(stack)


@pytest.fixture
def network(audited_aws: str) -> Iterator[Network]:
    made = Network(audited_aws)
    made.opt_in()
    yield made
    made.opt_out()
    made.close()


def done(repairs: Repairs, plan_id: str) -> int:
    """Return how many steps are done."""
    return sum(each.state is StepState.DONE for each in repairs.row(plan_id).steps)


def test_a_repair_that_is_stopped_midway_goes_on_and_is_taken_back(
    stack: Stack, repairs: Repairs, network: Network, mails: Mails
) -> None:
    before = network.blocks()
    status, planned = repairs.ask(ASKS, do="plan", remedy="secondary-cidr", cluster=CLUSTER)
    assert status == 200, planned
    plan_id = planned["plan_id"]
    assert repairs.ask(ASKS, do="apply", plan_id=plan_id)[0] == 409
    assert repairs.decide(ASKS, do="approve", plan_id=plan_id)[0] == 409
    assert repairs.decide(APPROVES, do="approve", plan_id=plan_id)[0] == 200

    first = repairs.begin(plan_id, "apply")
    eventually("three steps", lambda: done(repairs, plan_id) >= 3 or None, STEP_SECONDS)
    repairs.stop(first)
    assert stack.ended(first)["status"] == "ABORTED"
    assert repairs.row(plan_id).state is PlanState.APPLYING
    assert done(repairs, plan_id) < len(repairs.row(plan_id).steps)
    status, answer = repairs.ask(ASKS, do="apply", plan_id=plan_id)
    assert (status, answer["text"]) == (409, "an execution is under way on the VPC")

    repairs.quiet(plan_id)
    repairs.lapse()
    second = repairs.begin(plan_id, "apply")
    assert (first.endswith("-apply-1"), second.endswith("-apply-2")) == (True, True)
    assert stack.succeeded(second)["state"] == PlanState.SUCCEEDED
    made = network.pod_subnets()
    assert len(made) == 3
    assert {tags["eksnet:plan"] for tags in made.values()} == {plan_id}
    assert {tags["kubernetes.io/role/cni"] for tags in made.values()} == {"1"}

    third = repairs.begin(plan_id, "rollback")
    assert stack.succeeded(third)["state"] == PlanState.ROLLED_BACK
    assert network.pod_subnets() == {}
    assert network.blocks() == before

    entries = repairs.journal(plan_id)
    assert [each.version for each in entries] == list(range(2, len(entries) + 2))
    announced = collections.Counter(
        each.step.number
        for each in entries
        if each.step and each.step.state is StepState.INTENT and each.text.endswith(CALLS)
    )
    assert announced == {each.number: 1 for each in repairs.row(plan_id).steps}
    subjects = [each["Subject"] for each in mails.all() if plan_id in each["Subject"]]
    assert len(subjects) == 3, subjects  # asked for, succeeded, rolled back


def test_an_execution_of_a_plan_that_is_not_there_fails_and_says_so(stack: Stack) -> None:
    client, machine = stack.client("stepfunctions"), stack.outputs["RepairStateMachineArn"]
    given = '{"plan_id": "pl-0123456789abcdef0123", "purpose": "apply", "attempt": 1}'
    started = client.start_execution(stateMachineArn=machine, input=given)
    ended = stack.ended(started["executionArn"])
    assert (ended["status"], ended["error"]) == ("FAILED", "Rejected")
    assert ended["cause"] == "no plan pl-0123456789abcdef0123"


def test_the_urls_take_signed_requests_only(stack: Stack) -> None:
    for function in ("PlanFunction", "DecideFunction"):
        config = stack.client("lambda").get_function_url_config(FunctionName=stack.ids[function])
        assert config["AuthType"] == "AWS_IAM"
