"""The laws that `make deep` asks can be broken: each here is, by a worker who cares for none."""

import contextlib
import dataclasses
import datetime as dt
from typing import Any

import pytest

from eksnet.apply.interface import WriteError
from eksnet.model import action as act
from eksnet.model.journal import Decision, Lease, PlanState, Purpose, Say, StepState, Switch
from eksnet.model.plan import PLAN_TAG, digest, plan_id
from eksnet.model.snapshot import Blind, Facet
from eksnet.store.plans import Commit
from eksnet.store.plans_memory import MemoryPlanStore
from sandbox.world import people
from sandbox.world.clock import HandClock
from sandbox.world.eyes import WorldEyes
from sandbox.world.ground import NOW, shown
from sandbox.world.hands import WorldHands
from sandbox.world.laws import Laws
from sandbox.world.plans import plans
from sandbox.world.trial import APPROVERS, ASKER
from sandbox.world.world import World

FACETS = (Facet.VPCS, Facet.SUBNETS, Facet.NETWORK_INTERFACES, Facet.ROUTE_TABLES, Facet.FLOW_LOGS)


class Careless:
    """Does what it is told, and writes down what it is told."""

    def __init__(self, name: str = "flow-logs") -> None:
        self.plan = plans()[name]
        self.id = plan_id(digest(self.plan))
        self.clock = HandClock(NOW)
        self.world = World(shown(), self.clock)
        self.store = MemoryPlanStore()
        self.store.put_plan(self.plan, ASKER, NOW)
        self.laws = Laws(self.plan, self.store, self.world)
        self.eyes = WorldEyes(self.world)
        self.hands = WorldHands(self.world, watch=self.laws.wrote, plan_id=self.id)

    def approve(self) -> None:
        word = Decision(
            plan_id=self.id,
            digest=digest(self.plan),
            principal=APPROVERS[0],
            say=Say.APPROVE,
            at=NOW,
        )
        assert self.store.decide(word)

    def note(self, number: int, state: StepState, *, epoch: int = 1, undo: bool = False) -> None:
        row: Any = self.store.row(self.id)
        steps = tuple(
            dataclasses.replace(each, state=state, tries=1, epoch=epoch)
            if each.number == number
            else each
            for each in row.steps
        )
        purpose = Purpose.ROLLBACK if undo else Purpose.APPLY
        row = dataclasses.replace(
            row, steps=steps, version=row.version + 1, purpose=purpose, state=PlanState.APPLYING
        )
        lease = Lease(key="k", owner="o", epoch=epoch, until=NOW + dt.timedelta(hours=99))
        change = Commit(row=row, at=NOW, text="", worker="w", number=number)
        assert self.store.commit(change)
        self.laws.kept(dataclasses.replace(change, lease=lease))

    def do(self, number: int, **blind: Any) -> None:
        seen = dataclasses.replace(self.eyes.look(FACETS), **blind)
        action = self.plan.steps[number - 1].action
        self.hands.do(action, plan_id=self.id, token="t", seen=seen)

    def undo(self, number: int, made: str | None) -> None:
        action = self.plan.steps[number - 1].action
        seen = self.eyes.look(FACETS)
        self.hands.undo(action, resource_id=made, token="t", seen=seen)

    def broken(self) -> set[str]:
        return {each.partition(":")[0] for each in self.laws.broken}


@pytest.fixture
def careless() -> Careless:
    made = Careless()
    made.approve()
    return made


def test_an_announced_write_breaks_nothing(careless: Careless) -> None:
    careless.note(1, StepState.INTENT)
    careless.do(1)
    assert not careless.broken()


def test_a_write_without_an_intent_is_seen(careless: Careless) -> None:
    careless.do(1)
    assert careless.broken() == {"I1"}


def test_an_intent_that_nobody_agreed_to_is_seen() -> None:
    careless = Careless()
    careless.note(1, StepState.INTENT)
    assert careless.broken() == {"I2"}


def test_a_write_after_the_plan_expired_is_seen(careless: Careless) -> None:
    careless.note(1, StepState.INTENT)
    careless.clock.move(25 * 3600)
    careless.do(1)
    assert careless.broken() == {"I2"}


def test_an_intent_of_an_older_epoch_is_seen(careless: Careless) -> None:
    careless.note(1, StepState.INTENT, epoch=2)
    careless.note(2, StepState.INTENT, epoch=1)
    assert careless.broken() == {"I3"}


def test_taking_back_what_was_never_made_is_seen(careless: Careless) -> None:
    careless.note(1, StepState.INTENT)
    careless.do(1)
    [log] = [each.id for each in careless.world.now().shown.flow_logs if PLAN_TAG in each.tags]
    careless.note(1, StepState.UNDO_INTENT, undo=True)
    careless.undo(1, log)
    assert careless.broken() == {"I4"}


@pytest.mark.parametrize("edit", ["use-subnet", "claim-tag"])
def test_deleting_a_subnet_that_is_used_or_changed_is_seen(edit: str) -> None:
    careless = Careless("every-kind")
    careless.approve()
    careless.note(1, StepState.INTENT)
    careless.do(1)
    careless.clock.move(60)
    careless.note(2, StepState.INTENT)
    careless.do(2)
    careless.note(2, StepState.MADE)
    assert careless.world.edit(people.edit, name=edit, plan=careless.plan)
    [subnet] = [each.id for each in careless.world.now().shown.subnets if PLAN_TAG in each.tags]
    careless.note(2, StepState.UNDO_INTENT, undo=True)
    with contextlib.suppress(WriteError):  # a subnet in use stays anyway
        careless.undo(2, subnet)
    assert careless.broken() == {"I4"}


def test_a_thing_that_the_journal_does_not_know_is_seen(careless: Careless) -> None:
    careless.note(1, StepState.INTENT)
    careless.do(1)
    careless.note(1, StepState.PENDING)
    careless.laws.end(PlanState.REFUSED)
    assert careless.broken() == {"I5"}


def test_a_thing_that_is_said_to_be_there_and_is_not_is_seen(careless: Careless) -> None:
    careless.note(1, StepState.DONE)
    careless.laws.end(PlanState.INTERRUPTED)
    assert careless.broken() == {"I5"}


def test_an_intent_after_a_stop_is_seen(careless: Careless) -> None:
    careless.store.put_switch(Switch(stopped=True))
    careless.note(1, StepState.INTENT)
    assert careless.broken() == {"I6"}


def test_deleting_the_only_log_is_seen(careless: Careless) -> None:
    careless.note(2, StepState.INTENT)
    careless.do(2)
    assert careless.broken() == {"I7"}


def test_deleting_a_log_before_the_new_one_is_believed_is_seen(careless: Careless) -> None:
    for number in (1, 2):
        careless.note(number, StepState.INTENT)
        careless.do(number)
        careless.clock.move(300)
    assert careless.broken() == {"I7"}


def test_publishing_a_subnet_without_a_route_is_seen() -> None:
    careless = Careless("every-kind")
    careless.approve()
    [number] = [
        each.number
        for each in careless.plan.steps
        if isinstance(each.action, act.TagSubnet) and "100.64.0.0/18" in each.action.subnet_cidr
    ]
    for each in (1, 2, number):
        careless.note(each, StepState.INTENT)
        careless.do(each)
        careless.clock.move(60)
    assert careless.broken() == {"I7"}


def test_a_write_after_a_blind_look_is_seen(careless: Careless) -> None:
    careless.note(1, StepState.INTENT)
    blind = Blind(facet=Facet.FLOW_LOGS, api="ec2:DescribeFlowLogs", error="Throttled")
    careless.do(1, blinds=(blind,))
    assert careless.broken() == {"I8"}
