"""The world's own ways: its clock, its lag, its points; what it does is in test_conformance."""

import dataclasses
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.apply.interface import LostError, WriteError
from eksnet.model import action as act
from eksnet.model.network import Peering, PeerVpc
from eksnet.model.plan import PLAN_TAG
from eksnet.model.snapshot import Facet
from sandbox.world import people
from sandbox.world.clock import HandClock
from sandbox.world.eyes import WorldEyes
from sandbox.world.ground import CLUSTER, NOW, VPC, shown
from sandbox.world.hands import WorldHands
from sandbox.world.plans import plans
from sandbox.world.points import Crash, Points
from sandbox.world.state import Habits, State
from sandbox.world.world import LAG_SECONDS, World

BLOCK = act.AssociateCidr(vpc_id=VPC, cidr="100.64.0.0/16")
SUBNET = act.CreateSubnet(vpc_id=VPC, cidr="10.0.9.0/24", az_id="euw1-az1", tags={})
LOG = next(each.action for each in plans()["flow-logs"].steps)
FACETS = frozenset({Facet.VPCS, Facet.SUBNETS, Facet.ROUTE_TABLES, Facet.ADDON_VPC_CNI})
UPDATE = act.UpdateAddon(cluster=CLUSTER, vpc_id=VPC, addon="vpc-cni", before="{}", after="{}")


class Here:
    """A world, and one worker in it."""

    def __init__(self, habits: Habits | None = None, **events: str) -> None:
        self.clock = HandClock(NOW)
        self.world = World(shown(), self.clock, habits)
        schedule = {int(point[1:]): (event,) for point, event in events.items()}
        self.points = Points(schedule)
        self.eyes = WorldEyes(self.world, self.points)
        self.hands = WorldHands(self.world, self.points)

    def do(self, action: Any, **parts: Any) -> str | None:
        seen = dataclasses.replace(self.world.now().shown, **parts)
        return self.hands.do(action, plan_id="pl-1", token="t", seen=seen)

    def cidrs(self) -> set[str]:
        return {each.cidr for each in self.world.now().shown.subnets}


def test_the_clock_moves_only_when_told_and_never_back() -> None:
    clock = HandClock(NOW)
    clock.move(-5)
    assert clock.now() == NOW
    clock.move(1.5)
    assert (clock.now() - NOW).total_seconds() == 1.5


def test_a_look_may_be_late_but_only_for_so_long() -> None:
    here = Here()
    late = WorldEyes(here.world, behind=lambda: 9)
    here.do(SUBNET)
    assert "10.0.9.0/24" not in {each.cidr for each in late.look(FACETS).subnets}
    here.clock.move(LAG_SECONDS + 1)
    assert "10.0.9.0/24" in {each.cidr for each in late.look(FACETS).subnets}


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_what_was_seen_once_is_never_unseen(lags: list[int]) -> None:
    here = Here()
    behind = iter([*lags, *[5] * 20])
    eyes = WorldEyes(here.world, behind=lambda: next(behind))
    seen: set[str] = set()
    for number in range(3, 3 + len(lags)):
        here.do(dataclasses.replace(SUBNET, cidr=f"10.0.{number}.0/24"))
        now = {each.cidr for each in eyes.look({Facet.SUBNETS}).subnets}
        assert seen <= now
        seen = now


def test_a_look_shows_only_what_was_asked_for() -> None:
    seen = Here().eyes.look({Facet.SUBNETS})
    assert (len(seen.subnets), seen.vpcs, seen.flow_logs) == (2, (), ())
    assert seen.blind({Facet.VPCS})


@pytest.mark.parametrize(
    ("fault", "hidden"), [("throttle", 1), ("denied", 1), ("server-error", len(FACETS))]
)
def test_a_faulty_look_is_blind_and_empty_where_it_is(fault: str, hidden: int) -> None:
    seen = Here(p0=fault).eyes.look(FACETS)
    assert len(seen.blind(FACETS)) == hidden
    assert not (seen.addons and seen.vpcs)


def test_a_look_that_nobody_answers_is_lost() -> None:
    with pytest.raises(LostError):
        Here(p0="timeout-after").eyes.look(FACETS)


@pytest.mark.parametrize(
    ("fault", "sure", "there"),
    [
        ("throttle", False, False),
        ("server-error", False, False),
        ("denied", True, False),
        ("timeout-after", False, True),
    ],
)
def test_a_faulty_write_says_what_it_knows(*, fault: str, sure: bool, there: bool) -> None:
    here = Here(p0=fault)
    with pytest.raises(WriteError) as failed:
        here.do(SUBNET)
    assert failed.value.sure is sure
    assert ("10.0.9.0/24" in here.cidrs()) is there


@pytest.mark.parametrize(("fault", "there"), [("crash-before", False), ("crash-after", True)])
def test_a_crash_is_before_or_after_the_write(*, fault: str, there: bool) -> None:
    here = Here(p0=fault)
    with pytest.raises(Crash):
        here.do(SUBNET)
    assert ("10.0.9.0/24" in here.cidrs()) is there


def test_what_the_caller_may_not_do_is_told_by_a_rehearsal() -> None:
    here = Here()
    hands = WorldHands(here.world, denied=frozenset({"ec2:CreateSubnet"}))
    with pytest.raises(WriteError) as refused:
        hands.rehearse(SUBNET, plan_id="pl-1", seen=here.world.now().shown)
    assert refused.value.code == "UnauthorizedOperation"
    assert "10.0.9.0/24" not in here.cidrs()


def test_a_call_without_dry_run_can_not_be_rehearsed() -> None:
    here = Here()
    hands = WorldHands(here.world, denied=frozenset({"ec2:AssociateVpcCidrBlock"}))
    hands.rehearse(BLOCK, plan_id="pl-1", seen=here.world.now().shown)
    with pytest.raises(WriteError):
        hands.do(BLOCK, plan_id="pl-1", token="t", seen=here.world.now().shown)


def test_an_association_can_fail() -> None:
    here = Here(Habits(association_fails=True))
    here.do(BLOCK)
    here.clock.move(60)
    assert [each.state for each in here.world.now().shown.vpcs[0].cidrs] == ["associated", "failed"]


def test_an_update_can_fail_and_leaves_the_settings() -> None:
    here = Here(Habits(update_fails=True))
    here.do(UPDATE)
    here.clock.move(60)
    [addon] = here.world.now().shown.addons
    assert (addon.status, addon.configuration) == (
        "UPDATE_FAILED",
        '{"env":{"WARM_ENI_TARGET":"1"}}',
    )


def test_a_new_log_tells_its_age_at_once_and_its_delivery_later() -> None:
    """EC2 API reference, FlowLog: CreationTime, DeliverLogsStatus."""
    here = Here()
    made = here.do(LOG)

    def log() -> Any:
        return next(each for each in here.world.now().shown.flow_logs if each.id == made)

    assert (log().deliver_status, log().created_at) == (None, NOW)
    here.clock.move(Habits().delivering)
    assert (log().status, log().deliver_status) == ("ACTIVE", "SUCCESS")


def test_a_log_that_failed_meanwhile_does_not_mend_by_itself() -> None:
    here = Here()
    here.do(LOG)
    plan = plans()["flow-logs"]
    here.world.edit(lambda s: (_tagged(s), None))
    assert here.world.edit(people.edit, name="break-delivery", plan=plan)
    here.clock.move(3600)
    assert here.world.now().shown.flow_logs[-1].deliver_status == "FAILED"


def _tagged(state: State) -> State:
    *others, new = state.shown.flow_logs
    return state.show(flow_logs=(*others, dataclasses.replace(new, tags={PLAN_TAG: "pl-1"})))


def test_an_empty_configuration_resets_everything() -> None:
    """EKS user guide, "Update an add-on"."""
    here = Here()
    here.do(UPDATE)
    here.clock.move(60)
    assert here.world.now().shown.addons[0].configuration is None


def test_a_vpcs_block_has_a_local_route_as_long_as_it_is_there() -> None:
    """VPC user guide, route table concepts."""
    here = Here()
    made = here.do(BLOCK)
    here.clock.move(60)
    tables = here.world.now().shown.route_tables
    assert all("100.64.0.0/16" in {route.destination for route in t.routes} for t in tables)
    here.hands.undo(BLOCK, resource_id=made, token="t", seen=here.world.now().shown)
    here.clock.move(60)
    tables = here.world.now().shown.route_tables
    assert not any("100.64.0.0/16" in {route.destination for route in t.routes} for t in tables)


@pytest.mark.parametrize(
    ("status", "requester", "cidr", "refused"),
    [
        ("active", VPC, "100.64.0.0/16", True),
        ("active", VPC, "100.65.0.0/16", False),
        ("pending-acceptance", VPC, "100.65.0.0/16", True),
        ("pending-acceptance", "vpc-far", "100.65.0.0/16", False),
        ("deleted", VPC, "100.64.0.0/16", False),
    ],
)
def test_peerings_forbid_blocks(*, status: str, requester: str, cidr: str, refused: bool) -> None:
    """VPC user guide, "Add IPv4 CIDR blocks to a VPC": the rules for peering connections."""
    sides = [PeerVpc(vpc_id=VPC, owner_id="1", region="eu-west-1")]
    far = PeerVpc(vpc_id="vpc-far", owner_id="1", region="eu-west-1", cidrs=("100.64.0.0/16",))
    sides = [sides[0], far] if requester == VPC else [far, sides[0]]
    peering = Peering(id="pcx-1", status=status, requester=sides[0], accepter=sides[1], tags={})
    here = Here()
    here.world.edit(lambda state: (state.show(peerings=(peering,)), None))
    if refused:
        with pytest.raises(WriteError):
            here.do(dataclasses.replace(BLOCK, cidr=cidr))
    else:
        assert here.do(dataclasses.replace(BLOCK, cidr=cidr))


def test_what_is_not_seen_is_not_called() -> None:
    here = Here()
    tag = act.TagSubnet(vpc_id=VPC, subnet_cidr="10.0.9.0/24", key="a", value="b")
    with pytest.raises(WriteError) as refused:
        here.do(tag)
    assert (refused.value.sure, here.points.names) == (True, [])


def test_undoing_is_another_request_than_doing() -> None:
    """A log that was deleted and is made again gets a new id, whatever token made the first."""
    here = Here()
    made = here.do(LOG)
    here.hands.undo(LOG, resource_id=made, token="t", seen=here.world.now().shown)
    delete = plans()["flow-logs"].steps[1].action
    here.do(delete)
    here.hands.undo(delete, resource_id=None, token="t", seen=here.world.now().shown)
    [log] = here.world.now().shown.flow_logs
    assert log.id not in {made, "fl-poor"}


@pytest.mark.parametrize("name", ["claim-subnet", "use-subnet", "delete-new-log", "edit-addon"])
def test_an_edit_of_what_is_not_there_does_nothing(name: str) -> None:
    here = Here()
    plan = plans()["flow-logs"]
    before = here.world.now().shown
    assert here.world.edit(people.edit, name=name, plan=plan) is False
    assert here.world.now().shown == before
