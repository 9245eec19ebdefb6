"""Plans, people and changes for the tests of the stores that keep them."""

import dataclasses
import datetime as dt
from typing import Any

from eksnet.model.action import CreateSubnet
from eksnet.model.journal import Budget, Decision, Lease, PlanRow, Principal, Say, StepRow
from eksnet.model.plan import Blast, Plan, Proof, Step
from eksnet.store.plans import Commit, PlanStore
from tests.build import ACCOUNT, NOW, TARGET, VPC
from tests.store.records import later

DAY = NOW.date()
KEY = f"{ACCOUNT}/eu-west-1/{VPC}"
WORKER = "worker-1"


def plan(vpc_id: str = VPC, steps: int = 2, **parts: Any) -> Plan:
    """Return a plan that makes subnets."""
    made: dict[str, Any] = {
        "tool_version": "0.4.0",
        "remedy": "secondary-cidr",
        "target": TARGET,
        "vpc_id": vpc_id,
        "clusters": (),
        "causes": (),
        "read_at": NOW,
        "expires_at": later(3600),
        "undo_until": later(86_400),
        "facts": (),
        "steps": tuple(_step(number, vpc_id) for number in range(1, steps + 1)),
        "proof": Proof(checks=50, closes=()),
        "blast": Blast(creates=steps, changes=0, deletes=0),
    }
    return Plan(**{**made, **parts})


def _step(number: int, vpc_id: str) -> Step:
    cidr = f"100.64.{number}.0/24"
    action = CreateSubnet(vpc_id=vpc_id, cidr=cidr, az_id="euw1-az1", tags={"Name": "pods"})
    return Step(number=number, action=action, changes=())


def person(name: str = "asks") -> Principal:
    """Return somebody."""
    return Principal(id=f"AIDA-{name}", arn=f"arn:aws:iam::{ACCOUNT}:user/{name}")


def begun(store: PlanStore, **parts: Any) -> PlanRow:
    """Keep a plan; return its row."""
    return store.put_plan(plan(**parts), person(), NOW)


def word(row: PlanRow, name: str = "ann", say: Say = Say.APPROVE, **parts: Any) -> Decision:
    """Return what somebody says of a plan."""
    said: dict[str, Any] = {"plan_id": row.plan_id, "digest": row.digest, "at": later(60)}
    said["principal"] = person(name)
    return Decision(say=say, **{**said, **parts})


def no(row: PlanRow, name: str = "ben", **parts: Any) -> Decision:
    """Return somebody's rejection of a plan."""
    return word(row, name, Say.REJECT, **parts)


def next_row(row: PlanRow, *steps: StepRow, **parts: Any) -> PlanRow:
    """Return a row one version on, with steps as they shall be."""
    given = {each.number: each for each in steps}
    kept = tuple(given.get(each.number, each) for each in row.steps)
    return dataclasses.replace(row, **{"version": row.version + 1, "steps": kept, **parts})


def change(row: PlanRow, **parts: Any) -> Commit:
    """Return a change to a row, which has its next version already."""
    return Commit(row=row, **{"at": later(90), "text": "goes on", "worker": WORKER, **parts})


def lease(store: PlanStore, row: PlanRow, owner: str = WORKER, seconds: int = 300) -> Lease:
    """Take the right to change the plan's target."""
    taken = store.take_lease(KEY, row.plan_id, owner, NOW, NOW + dt.timedelta(seconds=seconds))
    assert taken is not None
    return taken


def budget(most: int = 5) -> Budget:
    """Return a budget."""
    return Budget(account_id=ACCOUNT, day=DAY, most=most)
