import dataclasses
from typing import Any

import pytest

from eksnet.model.network import AclEntry, NetworkAcl, Route
from eksnet.network.new_subnets import default_acl, lets_all_through, same_ways, tables_of
from tests.build import ACCOUNT, VPC, route_table, snapshot, subnet


def entry(number: int = 100, **parts: Any) -> AclEntry:
    values: dict[str, Any] = {"egress": False, "allow": True, "protocol": "-1", "cidr": "0.0.0.0/0"}
    return AclEntry(number=number, **{**values, **parts})


def acl(*entries: AclEntry) -> NetworkAcl:
    out = entry(egress=True)
    return NetworkAcl(
        id="acl-1", vpc_id=VPC, owner_id=ACCOUNT, is_default=True, entries=(*entries, out), tags={}
    )


@pytest.mark.parametrize(
    ("entries", "open_"),
    [
        ((entry(),), True),
        ((entry(), entry(90, cidr=None, ipv6_cidr="::/0", allow=False)), True),
        ((entry(), entry(32767, allow=False)), True),
        ((), False),
        ((entry(allow=False),), False),
        ((entry(), entry(90, allow=False, cidr="198.51.100.0/24")), False),
        ((entry(cidr="10.0.0.0/8"),), False),
        ((entry(protocol="6"),), False),
    ],
)
def test_an_acl_is_open_where_its_first_rule_allows_everything(
    *, entries: tuple[AclEntry, ...], open_: bool
) -> None:
    assert lets_all_through(acl(*entries)) is open_


def test_the_default_acl_is_that_of_the_vpc() -> None:
    other = dataclasses.replace(acl(), id="acl-2", is_default=False)
    far = dataclasses.replace(acl(), id="acl-3", vpc_id="vpc-0b")
    seen = snapshot(network_acls=[other, far, acl()])
    found = default_acl(seen, VPC)
    assert found
    assert found.id == "acl-1"
    assert default_acl(seen, "vpc-0c") is None


def test_tables_are_the_same_when_their_routes_out_of_the_vpc_are() -> None:
    one, two = route_table("rtb-1"), route_table("rtb-2")
    more = dataclasses.replace(
        two, routes=(*two.routes, Route(destination="100.64.0.0/16", target="local"))
    )
    dead = dataclasses.replace(
        two, routes=tuple(dataclasses.replace(each, state="blackhole") for each in two.routes)
    )
    assert same_ways([one, two, more])
    assert not same_ways([one, dead])
    assert not same_ways([one, route_table("rtb-3", "nat-2")])


def test_a_subnet_whose_table_was_not_seen_has_none() -> None:
    seen = snapshot(
        subnets=[subnet("subnet-a"), subnet("subnet-b")],
        route_tables=[route_table("rtb-1", subnet_ids=("subnet-a",))],
    )
    assert [each and each.id for each in tables_of(seen, ("subnet-a", "subnet-b"))] == [
        "rtb-1",
        None,
    ]
