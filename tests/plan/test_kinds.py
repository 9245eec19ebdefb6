"""Each kind of step: how it stands, what doing and undoing it comes to."""

import dataclasses
import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eksnet.model.action import Action, CreateSubnet
from eksnet.model.cluster import HealthIssue
from eksnet.model.network import CidrAssociation, Route, RouteTable
from eksnet.model.plan import PLAN_TAG
from eksnet.model.snapshot import Snapshot, subnet_by_id, vpc_by_id
from eksnet.network.cidr import usable
from eksnet.network.routes import tables_by_vpc
from eksnet.plan.facts import read
from eksnet.plan.kind import Standing, There
from eksnet.plan.kinds import kind_of
from eksnet.plan.kinds.delete_flow_log import SETTLED_AFTER
from eksnet.plan.natural import subnet_at
from tests import build
from tests.plan.world import (
    ASSOCIATE,
    CREATE,
    LOG,
    NEW,
    OLD_LOG,
    PODS,
    RESERVE,
    ROUTE,
    STEPS,
    TAG,
    UNLOG,
    UPDATE,
    before,
    every_key,
    new_log,
    old_log,
    reservation,
    world,
)

each_action = pytest.mark.parametrize("action", STEPS, ids=lambda action: action.kind)


def standing(snapshot: Snapshot, action: Action) -> Standing:
    return kind_of(action).standing(snapshot, action)


def unreserved(snapshot: Snapshot) -> Snapshot:
    """Leave out reservations: EC2 counts what they hold as not free, whoever uses it."""
    return dataclasses.replace(snapshot, cidr_reservations=())


def done(action: Action, snapshot: Snapshot | None = None) -> Snapshot:
    return kind_of(action).done(snapshot or before(action), action)


def pods(snapshot: Snapshot, **parts: Any) -> Snapshot:
    """Change the pod subnet."""
    subnets = tuple(
        dataclasses.replace(each, **parts) if each.cidr == PODS else each
        for each in snapshot.subnets
    )
    return dataclasses.replace(snapshot, subnets=subnets)


def associated(*states: str) -> Snapshot:
    seen = world()
    made = tuple(
        CidrAssociation(cidr=NEW, state=state, association_id=f"assoc-{state}") for state in states
    )
    vpc = dataclasses.replace(seen.vpcs[0], cidrs=(*seen.vpcs[0].cidrs, *made))
    return dataclasses.replace(seen, vpcs=(vpc, *seen.vpcs[1:]))


def routed(destination: str) -> RouteTable:
    table = build.route_table("rtb-1")
    away = Route(destination=destination, target="tgw-1")
    return dataclasses.replace(table, routes=(*table.routes, away))


def configured(**parts: Any) -> Snapshot:
    return dataclasses.replace(before(UPDATE), addons=(build.addon(**parts),))


@each_action
def test_what_was_not_done_is_absent_and_what_was_is_there(action: Action) -> None:
    assert standing(before(action), action).there is There.ABSENT
    assert standing(done(action), action).there is There.THERE


@each_action
def test_undone_it_is_absent_again(action: Action) -> None:
    undone = kind_of(action).undone(done(action), action)
    assert standing(undone, action).there is There.ABSENT


@each_action
def test_where_nothing_is_it_is_absent(action: Action) -> None:
    nothing = build.snapshot()
    there = There.THERE if action is UNLOG else There.ABSENT
    assert standing(nothing, action).there is there


@each_action
def test_doing_and_undoing_leaves_every_fact_as_it_was(action: Action) -> None:
    start = before(action)
    after = done(action, start)
    again = kind_of(action).undone(after, action)
    keys = {*every_key(), *kind_of(action).facts(action)}
    assert [read(again, key) for key in keys] == [read(start, key) for key in keys]
    assert any(read(after, key) != read(start, key) for key in kind_of(action).facts(action))


@each_action
def test_what_is_done_twice_or_to_nothing_is_an_error_of_the_remedy(action: Action) -> None:
    with pytest.raises(ValueError, match=r"."):
        done(action, done(action))
    with pytest.raises(ValueError, match=r"."):
        done(action, build.snapshot())


@each_action
def test_what_it_does_is_told_in_one_line(action: Action) -> None:
    kind = kind_of(action)
    for line in (kind.tells(action), kind.tells_undo(action)):
        assert line == " ".join(line.split())
        assert line


@pytest.mark.parametrize(
    ("states", "there"),
    [
        (["associating"], There.COMING),
        (["disassociating"], There.COMING),
        (["associated"], There.THERE),
        (["failing"], There.BROKEN),
        (["failed"], There.ABSENT),
        (["disassociated"], There.ABSENT),
        (["failed", "associated"], There.THERE),
        (["disassociated", "associating"], There.COMING),
    ],
)
def test_a_block_stands_as_its_association(states: list[str], there: There) -> None:
    found = standing(associated(*states), ASSOCIATE)
    assert found.there is there
    assert found.made_by is None
    assert (found.resource_id is None) is (there is There.ABSENT)


@pytest.mark.parametrize("state", ["failed", "disassociated"])
def test_a_dead_association_is_none_but_may_be_what_the_step_made(state: str) -> None:
    found = standing(associated(state), ASSOCIATE)
    assert (found.there, found.dead) == (There.ABSENT, (f"assoc-{state}",))
    assert found.problem == f"the association of {NEW} is {state}"
    assert standing(associated(state, "associated"), ASSOCIATE).there is There.THERE


def test_a_block_with_a_subnet_in_it_is_in_use() -> None:
    assert standing(done(ASSOCIATE), ASSOCIATE).in_use == ""
    assert "subnet-planned-100-64-0-0-20" in standing(done(CREATE), ASSOCIATE).in_use


def test_a_block_is_routed_to_in_every_table_of_its_vpc() -> None:
    start, after = before(ASSOCIATE), done(ASSOCIATE)
    for table in tables_by_vpc(after)[build.VPC]:
        assert (NEW, "local") in {(each.destination, each.target) for each in table.routes}
    assert kind_of(ASSOCIATE).undone(after, ASSOCIATE).route_tables == start.route_tables


@pytest.mark.parametrize("cidr", ["10.0.128.0/17", "198.19.0.0/16", "100.64.0.0/10"])
def test_a_block_that_aws_refuses_is_an_error_of_the_remedy(cidr: str) -> None:
    with pytest.raises(ValueError, match=r"overlaps|can't add|is a /10"):
        done(dataclasses.replace(ASSOCIATE, cidr=cidr))


def test_a_block_never_holds_what_is_routed_elsewhere() -> None:
    start = world(route_tables=[routed("100.64.0.0/16")])
    with pytest.raises(ValueError, match=r"route to 100\.64\.0\.0/16"):
        done(dataclasses.replace(ASSOCIATE, cidr="100.64.0.0/16"), start)


def test_a_new_subnet_is_empty_and_where_it_was_asked_for() -> None:
    made = subnet_at(done(CREATE), build.VPC, PODS)
    assert made
    assert (made.id, made.az, made.az_id) == (
        "subnet-planned-100-64-0-0-20",
        "eu-west-1a",
        "euw1-az1",
    )
    assert made.free_ips == usable(PODS) == 4091
    assert made.tags == CREATE.tags
    assert made.arn.endswith(f":{build.ACCOUNT}:subnet/{made.id}")
    assert done(CREATE).network_acls[0].subnet_ids == (made.id,)


def test_a_zones_name_is_known_from_other_subnets_too() -> None:
    start = dataclasses.replace(before(CREATE), zones=())
    made = subnet_at(done(CREATE, start), build.VPC, PODS)
    assert made
    assert made.az == "eu-west-1a"


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ("pending", There.COMING),
        ("available", There.THERE),
        ("unavailable", There.BROKEN),
        ("failed-insufficient-capacity", There.BROKEN),
    ],
)
def test_a_subnet_stands_as_its_state(state: str, there: There) -> None:
    found = standing(pods(done(CREATE), state=state), CREATE)
    assert found.there is there
    assert bool(found.problem) is (there is There.BROKEN)


def test_a_subnet_names_the_plan_that_made_it() -> None:
    assert standing(done(CREATE), CREATE).made_by == ""
    tagged = pods(done(CREATE), tags={PLAN_TAG: "pl-1"})
    assert standing(tagged, CREATE).made_by == "pl-1"


@pytest.mark.parametrize("action", [CREATE, ROUTE, TAG], ids=lambda action: action.kind)
def test_a_subnet_with_an_address_taken_is_in_use(action: Action) -> None:
    assert standing(done(action), action).in_use == ""
    used = pods(unreserved(done(action)), free_ips=usable(PODS) - 3)
    assert standing(used, action).in_use.startswith("3 addresses of subnet-planned")


@pytest.mark.parametrize("cidr", ["100.64.0.0/21", "10.0.0.0/25", "192.168.0.0/24"])
def test_a_subnet_never_overlaps_another_and_lies_in_a_block(cidr: str) -> None:
    start = done(CREATE)
    with pytest.raises(ValueError, match=r"overlaps|in no block"):
        kind_of(CREATE).done(start, dataclasses.replace(CREATE, cidr=cidr))


def test_another_table_is_not_the_one_that_was_asked_for() -> None:
    other = dataclasses.replace(ROUTE, route_table_id="rtb-1")
    assert standing(done(ROUTE), other).there is There.ABSENT
    with pytest.raises(ValueError, match="associated with rtb-2 already"):
        kind_of(other).done(done(ROUTE), other)
    with pytest.raises(ValueError, match="no route table rtb-9"):
        done(dataclasses.replace(ROUTE, route_table_id="rtb-9"))


def test_a_tag_of_another_value_is_not_ours_to_change() -> None:
    other = pods(before(TAG), tags={TAG.key: "0"})
    assert standing(other, TAG).there is There.ABSENT
    with pytest.raises(ValueError, match="has the tag"):
        done(TAG, other)


@pytest.mark.parametrize("cidr", ["100.64.8.0/22", "100.64.64.0/24"])
def test_a_reservation_overlaps_none_and_lies_in_its_subnet(cidr: str) -> None:
    with pytest.raises(ValueError, match=r"overlaps|not in"):
        done(dataclasses.replace(RESERVE, cidr=cidr), done(RESERVE))


def test_reservations_that_do_not_overlap_stand_side_by_side() -> None:
    beside = dataclasses.replace(RESERVE, cidr="100.64.4.0/22")
    both = done(beside, done(RESERVE))
    assert {each.cidr for each in both.cidr_reservations} == {RESERVE.cidr, beside.cidr}
    assert kind_of(beside).undone(both, beside) == done(RESERVE)


def test_undoing_what_is_gone_already_changes_nothing() -> None:
    assert kind_of(CREATE).undone(before(CREATE), CREATE) == before(CREATE)


def test_an_explicit_reservation_is_not_one_for_prefixes() -> None:
    start = before(RESERVE)
    subnet = subnet_at(start, build.VPC, PODS)
    assert subnet
    explicit = reservation(subnet.id, RESERVE.cidr, "explicit")
    seen = dataclasses.replace(start, cidr_reservations=(explicit,))
    assert standing(seen, RESERVE).there is There.ABSENT


@pytest.mark.parametrize(
    ("parts", "there"),
    [
        ({}, There.THERE),
        ({"deliver_status": None}, There.UNREADY),
        ({"status": "PENDING"}, There.COMING),
        ({"deliver_status": "FAILED", "deliver_error": "Access error"}, There.BROKEN),
        ({"deliver_status": "FAILED"}, There.BROKEN),
        ({"traffic_type": "ACCEPT"}, There.ABSENT),
        ({"aggregation_seconds": 600}, There.ABSENT),
        ({"log_format": "${srcaddr}"}, There.ABSENT),
        ({"resource_id": "vpc-0b"}, There.ABSENT),
    ],
)
def test_a_flow_log_stands_as_its_delivery(parts: dict[str, Any], there: There) -> None:
    found = standing(world(flow_logs=[new_log(tags={PLAN_TAG: "pl-1"}, **parts)]), LOG)
    assert found.there is there
    assert bool(found.problem) is (there in {There.BROKEN, There.UNREADY})
    assert found.made_by == (None if there is There.ABSENT else "pl-1")
    assert parts.get("deliver_error", "") in found.problem


def test_a_log_that_was_made_again_is_the_deleted_one_under_another_id() -> None:
    kind = kind_of(UNLOG)
    again = kind.undone(done(UNLOG, world()), UNLOG)
    assert standing(again, UNLOG).there is There.ABSENT
    assert standing(again, UNLOG).resource_id != UNLOG.flow_log_id
    assert not kind.reversible


LONG_AGO = build.NOW - SETTLED_AFTER


@pytest.mark.parametrize(
    ("parts", "there"),
    [
        ({"created_at": LONG_AGO}, There.ABSENT),
        ({"created_at": LONG_AGO + dt.timedelta(seconds=1)}, There.UNREADY),
        ({}, There.UNREADY),
        ({"created_at": LONG_AGO, "deliver_status": None}, There.UNREADY),
        ({"created_at": LONG_AGO, "deliver_status": "FAILED"}, There.BROKEN),
        ({"created_at": LONG_AGO, "log_format": "${srcaddr}"}, There.UNREADY),
    ],
)
def test_a_log_goes_only_when_the_very_one_that_takes_over_has_delivered_for_long(
    parts: dict[str, Any], there: There
) -> None:
    another = build.flow_log("fl-theirs", destination="theirs", created_at=LONG_AGO)
    found = standing(world(flow_logs=[old_log(), new_log(**parts), another]), UNLOG)
    assert (found.there, bool(found.problem)) == (there, there is not There.ABSENT)
    assert found.resource_id == "fl-old"


def test_a_log_that_is_made_again_needs_no_age() -> None:
    again = dataclasses.replace(old_log(), id="fl-again", deliver_status=None)
    assert standing(world(flow_logs=[new_log(), again]), UNLOG).there is There.ABSENT


def test_a_log_that_says_something_else_is_never_deleted() -> None:
    with pytest.raises(ValueError, match="says what is given"):
        done(UNLOG, world(flow_logs=[old_log(aggregation_seconds=60)]))


@pytest.mark.parametrize(
    ("status", "there"),
    [
        ("ACTIVE", There.ABSENT),
        ("UPDATING", There.COMING),
        ("DEGRADED", There.ABSENT),
        ("UPDATE_FAILED", There.BROKEN),
        ("CREATE_FAILED", There.BROKEN),
    ],
)
def test_an_addon_stands_as_its_status(status: str, there: There) -> None:
    issue = HealthIssue(code="ConfigurationConflict", message="env is set by kubectl")
    found = standing(configured(status=status, health=(issue,)), UPDATE)
    assert found.there is there
    assert ("kubectl" in found.problem) is (there is There.BROKEN)


def test_a_degraded_addon_with_its_settings_is_there_and_its_problem_is_told() -> None:
    issue = HealthIssue(code="InsufficientNumberOfReplicas", message="no address is free")
    after = done(UPDATE)
    ill = dataclasses.replace(after.addons[0], status="DEGRADED", health=(issue,))
    found = standing(dataclasses.replace(after, addons=(ill,)), UPDATE)
    assert found.there is There.THERE
    assert "InsufficientNumberOfReplicas: no address is free" in found.problem


def test_an_addon_is_in_use_as_long_as_pods_live_where_it_put_them() -> None:
    assert standing(done(UPDATE), UPDATE).in_use == ""
    used = pods(unreserved(done(UPDATE)), free_ips=usable(PODS) - 200)
    assert standing(used, UPDATE).in_use.startswith("200 addresses of subnet-planned")
    named_before = dataclasses.replace(UPDATE, before=UPDATE.after)
    assert standing(used, named_before).in_use == ""


def test_an_addon_is_there_whichever_way_its_subnet_is_named() -> None:
    made = done(UPDATE)
    text = made.addons[0].configuration
    assert text
    assert "subnet-planned-100-64-0-0-20" in text
    named = dataclasses.replace(UPDATE, after=text)
    assert standing(made, named).there is There.THERE


def test_an_addon_configured_otherwise_is_not_overwritten() -> None:
    with pytest.raises(ValueError, match="is not configured as"):
        done(UPDATE, configured(configuration='{"env":{"A":"1"}}'))


def test_an_addon_can_name_only_subnets_that_are_there() -> None:
    with pytest.raises(ValueError, match=r"no subnet 100\.64\.0\.0/20"):
        done(UPDATE, world())


CIDRS = tuple(f"10.0.{number}.0/24" for number in range(6))
TAGS = st.dictionaries(st.sampled_from(["Name", "team", PLAN_TAG]), st.sampled_from("ab"))


@st.composite
def worlds(draw: st.DrawFn) -> Snapshot:
    """Draw a VPC with some subnets, routes, logs and settings."""
    cidrs = draw(st.lists(st.sampled_from(CIDRS), unique=True, max_size=4))
    subnets = [build.subnet(f"subnet-{each[5]}", cidr=each, tags=draw(TAGS)) for each in cidrs]
    chosen = draw(st.sets(st.sampled_from([s.id for s in subnets]))) if subnets else set()
    tables = [
        build.route_table("rtb-1"),
        build.route_table("rtb-2", main=False, subnet_ids=tuple(sorted(chosen))),
    ]
    kept = [old_log(), new_log(), old_log(id="fl-other", resource_id="vpc-0b")]
    logs = draw(st.lists(st.sampled_from(kept), unique_by=lambda log: log.id))
    text = draw(st.sampled_from([None, "{}", '{"env":{"A":"1"}}', "env: {A: '1'}"]))
    return world(
        subnets=subnets,
        route_tables=draw(st.permutations(tables)),
        flow_logs=logs,
        addons=[build.addon(configuration=text)],
    )


def actions(snapshot: Snapshot) -> list[Action]:
    """Return what could be done to a drawn VPC; some of it is refused."""
    there = sorted(subnet_by_id(snapshot).values(), key=lambda each: each.id)
    made: list[Action] = [ASSOCIATE, LOG, UNLOG, dataclasses.replace(UNLOG, log=OLD_LOG)]
    made += [dataclasses.replace(CREATE, cidr=each) for each in CIDRS]
    for subnet in there:
        made += [
            dataclasses.replace(ROUTE, subnet_cidr=subnet.cidr),
            dataclasses.replace(TAG, subnet_cidr=subnet.cidr),
            dataclasses.replace(
                RESERVE, subnet_cidr=subnet.cidr, cidr=subnet.cidr.replace("/24", "/25")
            ),
        ]
    made += [
        dataclasses.replace(UPDATE, before=text, after='{"env":{"B":"${subnet:10.0.0.0/24}"}}')
        for text in ("null", '{"env":{"A":"1"}}')
    ]
    return made


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_undoing_is_exact_wherever_doing_is_possible(snapshot: Snapshot) -> None:
    possible = 0
    for action in actions(snapshot):
        kind = kind_of(action)
        try:
            after = kind.done(snapshot, action)
        except ValueError:
            continue
        possible += 1
        keys = {*every_key(), *kind.facts(action)}
        again = kind.undone(after, action)
        assert [read(again, key) for key in keys] == [read(snapshot, key) for key in keys], action
        assert standing(after, action).there is There.THERE
        assert standing(again, action).there is There.ABSENT
    assert possible


@settings(max_examples=40, deadline=None)
@given(worlds())
def test_a_copy_is_changed_and_the_snapshot_is_not(snapshot: Snapshot) -> None:
    vpcs = vpc_by_id(snapshot)
    after = kind_of(ASSOCIATE).done(snapshot, ASSOCIATE)
    assert vpc_by_id(snapshot) is vpcs
    assert [each.cidr for each in vpcs[build.VPC].cidrs] == ["10.0.0.0/16"]
    assert [each.cidr for each in vpc_by_id(after)[build.VPC].cidrs] == ["10.0.0.0/16", NEW]


def test_subnets_of_the_same_block_in_two_vpcs_are_told_apart() -> None:
    elsewhere = CreateSubnet(vpc_id="vpc-0b", cidr="10.9.0.0/24", az_id="euw1-az2", tags={})
    after = kind_of(elsewhere).done(world(), elsewhere)
    assert subnet_at(after, "vpc-0b", "10.9.0.0/24")
    assert subnet_at(after, build.VPC, "10.9.0.0/24") is None


def test_reserved_addresses_are_not_in_use_but_interfaces_beside_them_are() -> None:
    made = done(RESERVE)
    subnet = subnet_at(made, CREATE.vpc_id, PODS)
    assert subnet
    reserved = 2 ** (32 - int(RESERVE.cidr.partition("/")[2]))
    seen = pods(made, free_ips=subnet.free_ips - reserved)
    assert standing(seen, CREATE).in_use == ""
    used = dataclasses.replace(seen, enis=(*seen.enis, build.eni("eni-pod", subnet.id)))
    assert "1 network interface" in standing(used, CREATE).in_use
