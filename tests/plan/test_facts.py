"""What plans rest on: every field that a fact covers counts, and what is not seen is not told."""

import dataclasses
import json
from typing import Any

import pytest

from eksnet.model.network import AclEntry, CidrAssociation, PeerVpc, Route
from eksnet.model.plan import PLAN_TAG, About, Fact
from eksnet.model.snapshot import Blind, Facet, Resource, Snapshot
from eksnet.plan.facts import differing, facets_of, read
from eksnet.plan.kind import Key
from eksnet.plan.simulate import simulate
from tests import build
from tests.plan.world import (
    ASSOCIATE,
    CREATE,
    NEW,
    PODS,
    endpoint,
    every_key,
    old_log,
    peering,
    reservation,
    shuffled,
    world,
)

FIRST = f"{build.VPC}|10.0.0.0/24"
HERE = f"{build.VPC}|{NEW}"
CNI = "payments|vpc-cni"
ABOUTS = {about: next(key for key in every_key() if key[0] is about) for about in About}
each_about = pytest.mark.parametrize("key", ABOUTS.values(), ids=ABOUTS)


def value(snapshot: Snapshot, about: About, of: str) -> Any:
    found = read(snapshot, (about, of))
    assert isinstance(found, str), found
    return json.loads(found)


def changed(field: str, index: int, **parts: Any) -> Snapshot:
    """Return the world with one thing of a list changed."""
    things = list(getattr(world(), field))
    things[index] = dataclasses.replace(things[index], **parts)
    return world(**{field: things})


def blocks(*states: str) -> Snapshot:
    cidrs = [CidrAssociation(cidr="10.0.0.0/16", state="associated")]
    cidrs += [CidrAssociation(cidr=NEW, state=state) for state in states]
    return changed("vpcs", 0, cidrs=tuple(cidrs))


def with_route(index: int, route: Route) -> Snapshot:
    table = world().route_tables[index]
    return changed("route_tables", index, routes=(*table.routes, route))


def with_prefixes(*reserved: Any) -> Snapshot:
    eni = build.eni("eni-1", prefixes=("10.0.0.16/28",))
    return world(enis=[eni], cidr_reservations=reserved)


ENTRY = AclEntry(number=100, egress=False, allow=True, protocol="-1", cidr="0.0.0.0/0")
FAR = PeerVpc(vpc_id="vpc-far", owner_id="2", region="us-east-1", cidrs=("10.6.0.0/16",))
CONFIGURED = build.addon(configuration='{"env":{"A":"1"}}')

MUTATIONS: dict[About, tuple[str, list[Snapshot]]] = {
    About.VPC: (
        build.VPC,
        [changed("vpcs", 0, owner_id="2"), changed("vpcs", 0, tags={}), world(vpcs=[])],
    ),
    About.BLOCKS: (build.VPC, [blocks("associated"), blocks("associating"), world(vpcs=[])]),
    About.SUBNETS_IN: (
        FIRST,
        [
            changed("subnets", 0, cidr="10.0.0.0/25"),
            changed("subnets", 0, az_id="euw1-az9"),
            changed("subnets", 0, vpc_id="vpc-0b"),
            changed("subnets", 1, cidr="10.0.0.128/25"),
        ],
    ),
    About.DESTINATIONS: (
        HERE,
        [
            with_route(0, Route(destination="100.64.1.0/24", target="tgw-1")),
            with_route(1, Route(destination="pl-2", target="tgw-1")),
            changed("route_tables", 1, routes=world().route_tables[0].routes),
        ],
    ),
    About.PEERINGS: (
        build.VPC,
        [
            world(peerings=[]),
            world(peerings=[peering(status="pending-acceptance")]),
            world(peerings=[peering(accepter=FAR)]),
            world(peerings=[dataclasses.replace(peering(), id="pcx-2")]),
        ],
    ),
    About.CLUSTERS: (
        build.VPC,
        [
            world(clusters=[]),
            changed("clusters", 0, arn="arn:other"),
            changed("clusters", 0, created_at=None),
            changed("clusters", 0, service_ipv4_cidr="10.100.0.0/16"),
            changed("clusters", 0, remote_pod_cidrs=()),
            changed("clusters", 0, remote_node_cidrs=("10.81.0.0/16",)),
            changed("clusters", 0, vpc_id="vpc-0b"),
        ],
    ),
    About.ROUTE_TABLE: (
        "rtb-2",
        [
            changed("route_tables", 1, vpc_id="vpc-0b"),
            changed("route_tables", 1, routes=world().route_tables[0].routes[:1]),
            with_route(1, Route(destination="10.5.0.0/16", target="tgw-1", state="blackhole")),
            changed("route_tables", 1, id="rtb-3"),
        ],
    ),
    About.SUBNET: (
        FIRST,
        [
            changed("subnets", 0, az_id="euw1-az9"),
            changed("subnets", 0, tags={"kubernetes.io/role/cni": "1"}),
            changed("subnets", 0, tags={"k8s.amazonaws.com/eniConfig": "a"}),
            changed("subnets", 0, tags={"cni.networking.k8s.aws/cluster/payments": "true"}),
            changed("subnets", 0, tags={"karpenter.sh/discovery": "payments"}),
            changed("subnets", 0, map_public_ip=True),
            changed("subnets", 0, assign_ipv6=True),
            changed("subnets", 0, vpc_id="vpc-0b", cidr="10.3.0.0/24"),
        ],
    ),
    About.SUBNET_ROUTES: (
        FIRST,
        [changed("route_tables", 1, subnet_ids=("subnet-a",))],
    ),
    About.EFFECTIVE_ROUTES: (
        FIRST,
        [
            changed("route_tables", 1, subnet_ids=("subnet-a",)),
            with_route(0, Route(destination="10.5.0.0/16", target="tgw-1")),
            changed("route_tables", 0, id="rtb-new"),
        ],
    ),
    About.DEFAULT_ACL: (
        build.VPC,
        [
            changed("network_acls", 0, id="acl-2"),
            changed("network_acls", 0, entries=(ENTRY,)),
            changed("network_acls", 0, entries=(dataclasses.replace(ENTRY, allow=False),)),
        ],
    ),
    About.RESERVATIONS: (
        FIRST,
        [
            with_prefixes(reservation("subnet-a", "10.0.0.128/25")),
            with_prefixes(reservation("subnet-a", "10.0.0.128/25", "explicit")),
            with_prefixes(reservation("subnet-a", "10.0.0.64/26")),
        ],
    ),
    About.FLOW_LOGS: (
        build.VPC,
        [
            world(flow_logs=[]),
            world(flow_logs=[old_log(traffic_type="ALL")]),
            world(flow_logs=[old_log(status="INACTIVE")]),
            world(flow_logs=[old_log(log_format="${srcaddr}")]),
            world(flow_logs=[old_log(destination_type="kinesis-data-firehose")]),
            world(flow_logs=[old_log(destination="arn:aws:s3:::elsewhere")]),
            world(flow_logs=[old_log(aggregation_seconds=60)]),
            world(flow_logs=[old_log(resource_id="vpc-0b")]),
            world(flow_logs=[old_log(file_format="parquet")]),
            world(flow_logs=[old_log(hive_partitions=True)]),
            world(flow_logs=[old_log(hourly_partitions=True)]),
            world(flow_logs=[old_log(cross_account_role="arn:aws:iam::2:role/flow")]),
            world(flow_logs=[old_log(tag_fields=True)]),
        ],
    ),
    About.ADDON: (
        CNI,
        [
            world(addons=[]),
            world(addons=[CONFIGURED]),
            world(addons=[build.addon(configuration="env: [")]),
            world(addons=[build.addon(status="UPDATE_FAILED")]),
            world(addons=[build.addon(status="CREATE_FAILED")]),
        ],
    ),
    About.ADDON_VERSION: (
        CNI,
        [
            world(addons=[]),
            world(addons=[build.addon(version="v1.21.0-eksbuild.1")]),
            world(addons=[build.addon(version="v2.20.4-eksbuild.1")]),
            world(addons=[build.addon(version="latest")]),
        ],
    ),
}


@pytest.mark.parametrize("about", About)
def test_a_fact_is_otherwise_when_anything_it_covers_is(about: About) -> None:
    of, mutants = MUTATIONS[about]
    base = with_prefixes() if about is About.RESERVATIONS else world()
    value_now = read(base, (about, of))
    for mutant in mutants:
        otherwise = read(mutant, (about, of))
        assert isinstance(otherwise, str)
        assert otherwise != value_now


def test_a_fact_is_the_same_whatever_else_changes() -> None:
    other = build.subnet("subnet-c", vpc_id="vpc-0b", cidr="10.9.1.0/24")
    before = world()
    after = dataclasses.replace(
        before,
        subnets=(*before.subnets, other),
        vpc_endpoints=(endpoint(),),
        enis=(build.eni("eni-1"),),
        flow_logs=(old_log(deliver_status="FAILED", deliver_error="Access error"),),
        addons=(build.addon(status="DEGRADED", version="v1.20.5-eksbuild.2"),),
    )
    for key in every_key():
        assert read(after, key) == read(before, key), key


@pytest.mark.parametrize("seed", range(3))
def test_a_fact_knows_no_order(seed: int) -> None:
    before = world()
    for key in every_key():
        assert read(shuffled(before, seed), key) == read(before, key)


def test_values_are_what_is_said_of_them() -> None:
    seen = world()
    assert value(seen, About.VPC, build.VPC) == {"owner": build.ACCOUNT, "opted_in": True}
    assert value(seen, About.BLOCKS, build.VPC) == [["10.0.0.0/16", "associated"]]
    assert value(blocks("failed", "disassociated"), About.BLOCKS, build.VPC) == [
        ["10.0.0.0/16", "associated"]
    ]
    assert value(seen, About.SUBNETS_IN, f"{build.VPC}|10.0.0.0/23") == [
        ["10.0.0.0/24", "euw1-az1"],
        ["10.0.1.0/24", "euw1-az2"],
    ]
    assert value(seen, About.DESTINATIONS, HERE) == ["100.64.0.0/10", "pl-1"]
    assert value(seen, About.PEERINGS, build.VPC) == [["pcx-1", "active", ["10.7.0.0/16"]]]
    cluster = seen.clusters[0]
    assert value(seen, About.CLUSTERS, build.VPC) == [
        ["payments", cluster.arn, build.NOW.isoformat(), "172.20.0.0/16", ["10.80.0.0/16"]]
    ]
    assert value(seen, About.ROUTE_TABLE, "rtb-1") == {
        "vpc": build.VPC,
        "routes": [["0.0.0.0/0", "nat-1", "active"]],
    }
    assert value(seen, About.SUBNET_ROUTES, f"{build.VPC}|10.0.1.0/24") == "rtb-2"
    assert value(seen, About.SUBNET_ROUTES, FIRST) is None


GONE = [key for key in every_key("vpc-gone") if "gone" in key[1]]


@pytest.mark.parametrize("key", [*GONE, (About.ROUTE_TABLE, "rtb-gone")])
def test_what_is_not_there_is_null_or_empty(key: Key) -> None:
    assert value(world(), *key) in (None, [])


def test_peerings_that_have_ended_are_no_peerings() -> None:
    for status in ("deleted", "rejected", "failed", "expired"):
        assert value(world(peerings=[peering(status=status)]), About.PEERINGS, build.VPC) == []


def test_only_tags_that_mean_something_to_a_cluster_are_part_of_a_subnet() -> None:
    told = {"kubernetes.io/cluster/payments": "shared", "karpenter.sh/discovery": "payments"}
    others = {
        PLAN_TAG: "pl-1",
        "aws:cloudformation:stack-name": "x",
        "Name": "a",
        "CostCenter": "4",
    }
    found = value(changed("subnets", 0, tags={**told, **others}), About.SUBNET, FIRST)
    assert found["tags"] == told


def test_where_a_subnet_leads_is_told_by_its_own_table_or_the_main_one() -> None:
    by_main = value(world(), About.EFFECTIVE_ROUTES, FIRST)
    by_own = value(world(), About.EFFECTIVE_ROUTES, f"{build.VPC}|10.0.1.0/24")
    assert by_main == {"table": "rtb-1", "routes": [["0.0.0.0/0", "nat-1", "active"]]}
    assert (by_own["table"], len(by_own["routes"])) == ("rtb-2", 4)


def test_a_subnet_without_any_table_was_not_shown_whole() -> None:
    hidden = read(world(route_tables=world().route_tables[1:]), (About.EFFECTIVE_ROUTES, FIRST))
    assert isinstance(hidden, Blind)
    assert hidden.error == "NotShown"


def test_a_vpc_without_a_default_network_acl_was_not_shown_whole() -> None:
    hidden = read(world(network_acls=[]), (About.DEFAULT_ACL, build.VPC))
    assert isinstance(hidden, Blind)
    assert hidden.error == "NotShown"


def test_a_new_subnet_changes_nothing_of_its_network_acl() -> None:
    key = (About.DEFAULT_ACL, build.VPC)
    assert read(simulate(world(), [ASSOCIATE, CREATE]), key) == read(world(), key)


def test_what_is_the_default_of_a_log_says_nothing() -> None:
    plain = world(flow_logs=[old_log(file_format="plain-text")])
    key = (About.FLOW_LOGS, build.VPC)
    assert read(plain, key) == read(world(), key)


def test_a_log_group_has_one_name_however_ec2_shows_it() -> None:
    arn = f"arn:aws:logs:{build.REGION}:{build.ACCOUNT}:log-group:flow"
    shown = [
        world(flow_logs=[build.flow_log(destination=each)]) for each in (arn, f"{arn}:*", "flow")
    ]
    assert len({read(each, (About.FLOW_LOGS, build.VPC)) for each in shown}) == 1


def test_an_addon_names_its_vpcs_subnets_by_their_blocks() -> None:
    text = '{"eniConfig": {"subnets": {"euw1-az1": {"id": "subnet-a"}, "x": ["subnet-other"]}}}'
    configuration = value(world(addons=[build.addon(configuration=text)]), About.ADDON, CNI)
    assert configuration["configuration"] == {
        "eniConfig": {
            "subnets": {"euw1-az1": {"id": "${subnet:10.0.0.0/24}"}, "x": ["subnet-other"]}
        }
    }


@pytest.mark.parametrize("text", ['{"env": {"A": "1"}}', "env:\n  A: '1'\n"])
def test_json_and_yaml_say_the_same(text: str) -> None:
    one = read(world(addons=[build.addon(configuration=text)]), (About.ADDON, CNI))
    assert one == read(world(addons=[CONFIGURED]), (About.ADDON, CNI))


def test_what_only_yaml_can_say_is_told_as_text() -> None:
    text = "env: {2: on, since: 2026-03-01}"
    found = value(world(addons=[build.addon(configuration=text)]), About.ADDON, CNI)
    assert found["configuration"] == {"env": {"2": True, "since": "2026-03-01"}}


@pytest.mark.parametrize("text", [None, "", "{}", "null"])
def test_a_configuration_that_sets_nothing_is_none(text: str | None) -> None:
    found = value(world(addons=[build.addon(configuration=text)]), About.ADDON, CNI)
    assert found["configuration"] is None


@each_about
def test_a_blind_facet_hides_the_fact(key: Key) -> None:
    for facet in facets_of([key]):
        blind = Blind(facet=facet, api="ec2:Any", error="Denied")
        assert read(world(blinds=(blind,)), key) == blind
        hidden = read(world(seen=frozenset(Facet) - {facet}), key)
        assert isinstance(hidden, Blind)
        assert hidden.facet is facet


@each_about
def test_a_fact_looks_at_nothing_but_its_facets(key: Key) -> None:
    others = tuple(
        Blind(facet=facet, api="ec2:Any", error="Denied")
        for facet in sorted(frozenset(Facet) - facets_of([key]))
    )
    snapshot = world()
    unseen = {
        name: ()
        for facet, names in build.FIELDS.items()
        if facet not in facets_of([key])
        for name in names
    }
    if key[0] not in {About.ADDON, About.ADDON_VERSION}:
        unseen["addons"] = ()
    less = dataclasses.replace(snapshot, blinds=others, **unseen)  # type: ignore[arg-type]
    assert read(less, key) == read(snapshot, key)


@each_about
def test_an_incomplete_list_hides_every_fact(key: Key) -> None:
    hidden = read(world(partial=True), key)
    assert isinstance(hidden, Blind)
    assert hidden.error == "IncompleteList"


def scoped(facet: Facet, **scope: Any) -> Snapshot:
    return world(blinds=(Blind(facet=facet, api="x:Any", error="Denied", **scope),))


def test_another_clusters_blind_addon_hides_nothing() -> None:
    assert isinstance(
        read(scoped(Facet.ADDON_VPC_CNI, cluster="payments"), (About.ADDON, CNI)), Blind
    )
    assert value(scoped(Facet.ADDON_VPC_CNI, cluster="search"), About.ADDON, CNI)
    assert value(scoped(Facet.ADDON_COREDNS, cluster="payments"), About.ADDON, CNI)


def test_any_cluster_that_was_not_described_may_be_in_the_vpc() -> None:
    assert isinstance(
        read(scoped(Facet.CLUSTERS, cluster="search"), (About.CLUSTERS, build.VPC)), Blind
    )
    listed = world(cluster_names=("payments", "search"))
    hidden = read(listed, (About.CLUSTERS, build.VPC))
    assert isinstance(hidden, Blind)
    assert hidden.cluster == "search"


def test_a_blind_of_a_resource_hides_that_one() -> None:
    here = Resource(type="AWS::EC2::VPC", id=build.VPC)
    there = Resource(type="AWS::EC2::VPC", id="vpc-0b")
    assert isinstance(read(scoped(Facet.VPCS, resource=here), (About.VPC, build.VPC)), Blind)
    assert value(scoped(Facet.VPCS, resource=there), About.VPC, build.VPC)
    region = Resource(type="AWS::Region", id=build.REGION)
    assert isinstance(read(scoped(Facet.VPCS, resource=region), (About.VPC, build.VPC)), Blind)


def test_reservations_that_were_not_read_are_not_none() -> None:
    key = (About.RESERVATIONS, FIRST)
    assert isinstance(read(world(), key), Blind)
    assert value(with_prefixes(), *key) == []
    assert value(changed("subnets", 0, tags={PLAN_TAG: "pl-1"}), *key) == []
    theirs = Resource(type="AWS::EC2::Subnet", id="subnet-b")
    blind = Blind(facet=Facet.CIDR_RESERVATIONS, api="x:Any", error="Denied", resource=theirs)
    assert value(dataclasses.replace(with_prefixes(), blinds=(blind,)), *key) == []
    ours = dataclasses.replace(blind, resource=Resource(type="AWS::EC2::Subnet", id="subnet-a"))
    assert read(dataclasses.replace(with_prefixes(), blinds=(ours,)), key) == ours


def test_a_simulated_subnet_has_no_reservations() -> None:
    made = simulate(world(), [ASSOCIATE, CREATE])
    assert value(made, About.RESERVATIONS, f"{build.VPC}|{PODS}") == []


def test_a_vpc_without_any_route_table_was_not_shown_whole() -> None:
    hidden = read(world(route_tables=[]), (About.DESTINATIONS, HERE))
    assert isinstance(hidden, Blind)
    assert hidden.error == "NotShown"


@pytest.mark.parametrize("about", [About.PEERINGS, About.FLOW_LOGS])
def test_what_only_the_owner_of_a_shared_vpc_sees_is_hidden(about: About) -> None:
    hidden = read(changed("vpcs", 0, owner_id="222233334444"), (about, build.VPC))
    assert isinstance(hidden, Blind)
    assert hidden.error == "OwnedByAnotherAccount"


@pytest.mark.parametrize(
    "about", [About.SUBNET, About.SUBNET_ROUTES, About.EFFECTIVE_ROUTES, About.RESERVATIONS]
)
def test_two_subnets_of_one_block_are_no_answer(about: About) -> None:
    twins = [build.subnet("subnet-a"), build.subnet("subnet-aa")]
    hidden = read(world(subnets=twins), (about, FIRST))
    assert isinstance(hidden, Blind)
    assert hidden.error == "AmbiguousAnswer"


def test_differing_names_what_is_otherwise_and_its_value_now() -> None:
    keys = [(About.VPC, build.VPC), (About.BLOCKS, build.VPC)]
    facts = [Fact(about=about, of=of, value=str(read(world(), (about, of)))) for about, of in keys]
    assert differing(world(), facts) == ()
    later = blocks("associating")
    assert differing(later, facts) == ((facts[1], read(later, keys[1])),)
    blind = Blind(facet=Facet.VPCS, api="ec2:DescribeVpcs", error="Denied")
    assert differing(world(blinds=(blind,)), facts) == blind


@pytest.mark.parametrize(
    "key", [(About.SUBNET, "vpc-1"), (About.ADDON, "payments"), (About.ADDON, "payments|istio")]
)
def test_a_key_that_names_nothing_readable_is_an_error(key: Key) -> None:
    with pytest.raises(ValueError, match=r"key of two parts|is not read"):
        read(world(), key)
