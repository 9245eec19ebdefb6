import dataclasses
import datetime as dt

from eksnet.capacity.giveback import Change, GiveBack, give_back
from eksnet.capacity.ledger import ledger
from eksnet.model.network import CidrReservation, Eni
from eksnet.model.snapshot import Blind, Facet, Sighting, Snapshot
from tests.build import (
    NOW,
    addon,
    cluster,
    eni,
    instance,
    node_eni,
    snapshot,
    subnet,
    vpc,
    x_eni,
)

LEFT = node_eni(
    "eni-l",
    "i-0",
    index=1,
    status="available",
    attachment=None,
    private_ips=("10.0.0.10", "10.0.0.11"),
    prefixes=("10.0.0.32/28",),
)


def seen(*enis: Eni, **parts: object) -> Snapshot:
    whole = {"clusters": [cluster()], "vpcs": [vpc()], "subnets": [subnet()], "enis": enis}
    return snapshot(**{**whole, **parts})


def given(found: Snapshot) -> list[GiveBack]:
    return list(give_back(found, ledger(found)))


def figures(found: Snapshot) -> list[tuple[Change, int, int]]:
    return [(each.change, each.at_least, each.at_most) for each in given(found)]


def born(minutes: int) -> Eni:
    moment = (NOW - dt.timedelta(minutes=minutes)).isoformat()
    return dataclasses.replace(LEFT, tags={**LEFT.tags, "node.k8s.amazonaws.com/createdAt": moment})


def test_an_old_leaked_interface_gives_all_it_holds_for_certain() -> None:
    assert figures(seen(born(6))) == [(Change.DELETE_LEAKED, 18, 18)]


def test_a_young_unattached_interface_is_left_alone() -> None:
    assert figures(seen(born(4))) == []


def test_without_an_age_the_figure_is_a_range_that_begins_at_nothing() -> None:
    assert figures(seen(LEFT)) == [(Change.DELETE_LEAKED, 0, 18)]


def test_an_earlier_run_tells_the_age_as_well() -> None:
    sighting = Sighting(eni_id=LEFT.id, available_since=NOW - dt.timedelta(days=1))
    assert figures(seen(LEFT, sightings=[sighting])) == [(Change.DELETE_LEAKED, 18, 18)]


def test_a_pool_gives_nothing_at_least_and_all_of_it_at_most() -> None:
    found = seen(
        node_eni("eni-1", "i-1", private_ips=("10.0.0.10", "10.0.0.11", "10.0.0.12")),
        node_eni("eni-2", "i-1", index=1, private_ips=("10.0.0.13", "10.0.0.14")),
        instances=[instance("i-1")],
        addons=[addon(configuration='{"env": {"WARM_ENI_TARGET": "2"}}')],
    )
    (item,) = given(found)
    assert (item.change, item.cluster) == (Change.LOWER_WARM_TARGETS, "payments")
    assert (item.at_least, item.at_most, item.ids) == (0, 4, ("i-1",))
    assert "WARM_ENI_TARGET=2" in item.condition


def test_a_node_that_holds_its_own_address_only_has_no_pool_to_give() -> None:
    found = seen(node_eni("eni-1", "i-1", private_ips=("10.0.0.10",)), instances=[instance("i-1")])
    assert figures(found) == []


def test_auto_mode_has_no_targets_to_lower() -> None:
    held = node_eni("eni-1", "i-1", prefixes=("10.0.0.32/28",))
    nodes = [instance("i-1")]
    assert figures(seen(held, instances=nodes)) == [(Change.LOWER_WARM_TARGETS, 0, 16)]
    assert figures(seen(held, instances=nodes, clusters=[cluster(auto_mode=True)])) == []


def test_an_unused_reservation_gives_what_is_not_in_use() -> None:
    kept = CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.64/26", kind="prefix")
    stray = eni("eni-1", private_ips=("10.0.0.70",))
    assert figures(seen(stray, cidr_reservations=[kept])) == [(Change.DELETE_RESERVATION, 63, 63)]
    serving = eni("eni-2", prefixes=("10.0.0.64/28",))
    assert figures(seen(serving, cidr_reservations=[kept])) == []


def test_an_explicit_reservation_serves_while_an_address_in_it_is_used() -> None:
    kept = CidrReservation(id="scr-1", subnet_id="subnet-a", cidr="10.0.0.64/26", kind="explicit")
    assert figures(seen(cidr_reservations=[kept])) == [(Change.DELETE_RESERVATION, 64, 64)]
    stray = eni("eni-1", private_ips=("10.0.0.70",))
    assert figures(seen(stray, cidr_reservations=[kept])) == []


def test_the_x_enis_of_a_gone_cluster_are_named_only_where_the_list_was_seen() -> None:
    gone = x_eni("eni-x", cluster_name="retired")
    assert figures(seen(gone, x_eni("eni-y"))) == [(Change.DELETE_X_ENI, 1, 1)]
    why = Blind(facet=Facet.CLUSTERS, api="eks:ListClusters", error="AccessDeniedException")
    assert figures(seen(gone, blinds=(why,))) == []


def test_the_x_enis_of_another_accounts_cluster_are_not_ours_to_delete() -> None:
    theirs = x_eni("eni-x", cluster_name="retired", owner_id="222233334444")
    assert figures(seen(theirs)) == []


def test_an_interface_that_hangs_on_nothing_may_go() -> None:
    loose = eni("eni-1", status="available")
    assert figures(seen(loose)) == [(Change.DELETE_UNATTACHED, 1, 1)]
    assert figures(seen(dataclasses.replace(loose, requester_managed=True))) == []


def test_nothing_is_promised_where_interfaces_were_not_seen() -> None:
    why = Blind(facet=Facet.NETWORK_INTERFACES, api="ec2:DescribeNetworkInterfaces", error="Denied")
    assert figures(seen(born(60), blinds=(why,))) == []


def test_the_surest_comes_first() -> None:
    pool = node_eni("eni-1", "i-1", prefixes=("10.0.0.64/28", "10.0.0.80/28"))
    found = seen(pool, born(60), instances=[instance("i-1")])
    assert figures(found) == [
        (Change.DELETE_LEAKED, 18, 18),
        (Change.LOWER_WARM_TARGETS, 0, 32),
    ]
