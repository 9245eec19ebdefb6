import dataclasses
import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eksnet import remedies
from eksnet.model.action import (
    AssociateCidr,
    AssociateRouteTable,
    CreateSubnet,
    ReservePrefixes,
    TagSubnet,
    UpdateAddon,
)
from eksnet.model.cluster import HealthIssue
from eksnet.model.errors import InputError
from eksnet.model.finding import Finding
from eksnet.model.network import Peering, PeerVpc, Route, Rule, VpcEndpoint
from eksnet.model.plan import About
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.network.association import decide
from eksnet.network.cidr import block
from eksnet.plan.draft import Draft
from eksnet.remedies.remedy import Choices
from tests.build import (
    ACCOUNT,
    REGION,
    VPC,
    addon,
    cluster,
    fargate_profile,
    node_group,
    quota,
    route_table,
    security_group,
    subnet,
    vpc,
)
from tests.remedies.world import (
    ALLOWED,
    CUSTOM,
    acl,
    failing,
    full,
    planned,
    proposed,
    refused,
    values,
)

NAME = "secondary-cidr"
EXTERNAL = {"AWS_VPC_K8S_CNI_EXTERNALSNAT": "true"}
PREFIXES = {"ENABLE_PREFIX_DELEGATION": "true"}
POD_SUBNETS = {
    f"{REGION}a": {"id": "subnet-a", "securityGroups": ["sg-pods"]},
    f"{REGION}b": {"id": "subnet-b", "securityGroups": ["sg-pods"]},
}
ENI_CONFIG = {"create": True, "region": REGION, "subnets": POD_SUBNETS}


def short(seen: Snapshot, zone: str = "euw1-az1") -> Finding:
    return failing(seen, "IPH002", f"payments/{zone}")


def draft(seen: Snapshot, **choices: Any) -> Draft:
    return proposed(NAME, seen, short(full()), **choices)


def of[A](one: Draft, kind: type[A]) -> list[A]:
    return [each.action for each in one.steps if isinstance(each.action, kind)]


def with_addon(env: dict[str, str], **more: object) -> Snapshot:
    return full(addons=[addon(configuration=values(env, **more))])


def test_each_zone_with_nodes_gets_a_subnet_with_the_route_table_of_its_nodes() -> None:
    one = draft(full())
    assert [(each.az_id, each.tags) for each in of(one, CreateSubnet)] == [
        ("euw1-az1", {"Name": "payments-pods-eu-west-1a"}),
        ("euw1-az2", {"Name": "payments-pods-eu-west-1b"}),
    ]
    tables = {each.subnet_cidr: each.route_table_id for each in of(one, AssociateRouteTable)}
    cidrs = [each.cidr for each in of(one, CreateSubnet)]
    assert [tables[each] for each in cidrs] == ["rtb-a", "rtb-b"]


def test_subnets_are_offered_last_of_all() -> None:
    kinds = [type(each.action) for each in draft(full()).steps]
    assert kinds[-2:] == [TagSubnet, TagSubnet]
    assert TagSubnet not in kinds[:-2]
    assert kinds[0] is AssociateCidr
    tags = of(draft(full()), TagSubnet)
    assert {(each.key, each.value) for each in tags} == {("kubernetes.io/role/cni", "1")}


def test_the_plan_closes_its_finding_and_the_other_zone() -> None:
    seen = full()
    for zone in ("euw1-az1", "euw1-az2"):
        finding = short(seen, zone)
        plan = planned(seen, proposed(NAME, seen, finding), finding)
        assert finding.finding_id in plan.proof.closes
        assert not plan.proof.opens


def test_the_same_snapshot_gives_the_same_draft() -> None:
    seen = full(vpcs=[vpc(tags=ALLOWED), vpc("vpc-0b", "100.64.0.0/16")])
    turned = dataclasses.replace(
        seen,
        subnets=seen.subnets[::-1],
        route_tables=seen.route_tables[::-1],
        instances=seen.instances[::-1],
        vpcs=seen.vpcs[::-1],
    )
    assert draft(seen) == draft(turned)


def test_the_block_is_the_smallest_that_serves_the_model_and_its_growth() -> None:
    # three m5.large of a group and one of nobody's in each zone, 29 addresses each: 256 are more
    assert [each.cidr for each in of(draft(full()), AssociateCidr)] == ["100.64.0.0/22"]
    large = full(node_groups=[node_group(max_size=40)], instances=[])
    # 20 nodes a zone, 29 addresses each, 30 % growth: 754
    assert {block(e.cidr).length for e in of(draft(large), CreateSubnet)} == {22}
    assert {block(e.cidr).length for e in of(draft(large, growth_percent=80), CreateSubnet)} == {21}
    assert any("754 pod addresses" in note for note in draft(large).notes)


def test_a_larger_block_that_is_asked_for_is_used_up() -> None:
    one = draft(full(), prefix=18)
    assert [each.cidr for each in of(one, AssociateCidr)] == ["100.64.0.0/18"]
    assert [each.cidr for each in of(one, CreateSubnet)] == ["100.64.0.0/19", "100.64.32.0/19"]


def test_the_pool_and_the_blocks_to_avoid_are_heeded() -> None:
    one = draft(full(), pool="10.16.0.0/12", avoid=("10.16.0.0/16", "10.17.0.0/22"))
    assert [each.cidr for each in of(one, AssociateCidr)] == ["10.17.4.0/22"]


def test_a_zone_that_is_no_availability_zone_is_left_out_with_the_reason() -> None:
    outpost = subnet("subnet-c", outpost_arn="arn:aws:outposts:eu-west-1:1:outpost/op-1")
    group = node_group(subnet_ids=("subnet-a", "subnet-c"))
    one = draft(full(subnets=[*full().subnets, outpost], node_groups=[group]))
    assert "euw1-az3" not in {each.az_id for each in of(one, CreateSubnet)}
    assert any("subnet-c is on an Outpost" in note for note in one.notes)


def test_another_cluster_of_the_vpc_is_not_offered_the_subnets() -> None:
    seen = full(clusters=[cluster(), cluster("search")])
    scope = {"cni.networking.k8s.aws/cluster/payments": "true"}
    assert all(each.tags.items() >= scope.items() for each in of(draft(seen), CreateSubnet))
    unread = dataclasses.replace(full(), cluster_names=("payments", "hidden"))
    assert all(each.tags.items() >= scope.items() for each in of(draft(unread), CreateSubnet))
    elsewhere = full(clusters=[cluster(), cluster("far", vpc_id="vpc-0b")])
    assert not any(each.tags.keys() >= scope.keys() for each in of(draft(elsewhere), CreateSubnet))


def test_prefixes_are_reserved_where_they_are_asked_for_and_used() -> None:
    seen = with_addon(PREFIXES)
    one = draft(seen, reserve_prefixes=True)
    made = {each.cidr for each in of(one, CreateSubnet)}
    halves = of(one, ReservePrefixes)
    assert {each.subnet_cidr for each in halves} == made
    assert all(block(e.subnet_cidr).contains(block(e.cidr)) for e in halves)
    assert not of(draft(seen), ReservePrefixes)


def test_the_addons_eni_configs_name_the_new_subnets_and_nothing_else_changes() -> None:
    seen = with_addon(CUSTOM, eniConfig=ENI_CONFIG, tolerations=[{"operator": "Exists"}])
    finding = short(seen)
    one = proposed(NAME, seen, finding)
    (update,) = of(one, UpdateAddon)
    assert isinstance(one.steps[-1].action, UpdateAddon)
    assert not of(one, TagSubnet)
    cidrs = [each.cidr for each in of(one, CreateSubnet)]
    before, after = json.loads(update.before), json.loads(update.after)
    subnets = after["eniConfig"].pop("subnets")
    assert before["eniConfig"].pop("subnets")[f"{REGION}a"]["id"] == "${subnet:10.0.0.0/24}"
    assert after == before
    assert subnets == {
        f"{REGION}{letter}": {"id": f"${{subnet:{cidr}}}", "securityGroups": ["sg-pods"]}
        for letter, cidr in zip("ab", cidrs, strict=True)
    }
    assert finding.finding_id in planned(seen, one, finding).proof.closes


def with_pods_named(**parts: Any) -> Snapshot:
    """Return the cluster whose add-on names the pod subnets."""
    return full(addons=[addon(configuration=values(CUSTOM, eniConfig=ENI_CONFIG), **parts)])


def test_a_full_clusters_degraded_addon_is_what_is_to_be_repaired() -> None:
    issue = HealthIssue(code="InsufficientNumberOfReplicas", message="no address is free")
    seen = with_pods_named(status="DEGRADED", health=(issue,))
    assert of(draft(seen), UpdateAddon)


def test_eni_configs_of_another_label_keep_their_names() -> None:
    named = {"pods-a": {"id": "subnet-a"}, "pods-b": {"id": "subnet-b"}}
    env = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
    seen = with_addon(env, eniConfig={**ENI_CONFIG, "subnets": named})
    (update,) = of(draft(seen), UpdateAddon)
    after = json.loads(update.after)["eniConfig"]["subnets"]
    assert after.keys() == named.keys()
    assert all(each.keys() == {"id"} for each in after.values())


def test_a_zone_without_an_eni_config_gets_one_named_as_the_others_are() -> None:
    lettered = {"a": POD_SUBNETS[f"{REGION}a"]}
    seen = with_addon(CUSTOM, eniConfig={**ENI_CONFIG, "subnets": lettered})
    (update,) = of(draft(seen), UpdateAddon)
    after = json.loads(update.after)["eniConfig"]["subnets"]
    assert after["b"]["securityGroups"] == ["sg-pods"]


def test_eni_configs_of_kubernetes_are_a_persons_step_and_count_in_the_proof() -> None:
    seen = with_addon(CUSTOM)
    # which ENIConfig the pods use is not seen; in either subnet they find as little room
    finding = short(seen)
    one = proposed(NAME, seen, finding)
    (manual,) = one.manual
    assert manual.after == len(one.steps)
    assert not of(one, TagSubnet)
    assert not of(one, UpdateAddon)
    for each in of(one, CreateSubnet):
        assert f'subnet: "${{subnet:{each.cidr}}}"' in manual.document
    assert "- sg-payments" in manual.document
    assert manual.document.count("kind: ENIConfig") == 2
    assert finding.finding_id in planned(seen, one, finding).proof.closes


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"addons": [addon(configuration=values(EXTERNAL))]}, "see the pods' own addresses"),
        (
            {"route_tables": [route_table("rtb-1", "tgw-1")]},
            "see the node's address",
        ),
        ({"route_tables": [route_table("rtb-1", "igw-1")]}, "rtb-1 is public"),
        (
            {"network_acls": [acl(), acl("acl-2", "subnet-a", default=False, entries=())]},
            "nodes are behind acl-2, new subnets get acl-1",
        ),
        ({"instances": []}, "subnet-a has 5 free addresses"),
        (
            {"node_groups": [node_group(), node_group("win", ami_type="WINDOWS_CORE_2022_x86_64")]},
            "Windows nodes of win",
        ),
        ({"node_groups": [node_group(instance_types=("zz9.large",))]}, "limits of zz9.large"),
        ({"node_groups": [node_group(max_size=1000)]}, "IPv6 cluster"),
    ],
)
def test_what_the_approver_has_to_know_is_told(parts: dict[str, Any], told: str) -> None:
    assert any(told in note for note in draft(full(**parts)).notes)


def endpoint(group: str) -> VpcEndpoint:
    return VpcEndpoint(
        id="vpce-1",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        service_name="ecr.api",
        type="Interface",
        state="available",
        groups=(group,),
        tags={},
    )


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        (Rule(protocol="6", cidrs=("10.0.0.0/16",)), 1),
        (Rule(protocol="6", cidrs=("10.0.0.0/8", "100.64.0.0/10")), 0),
        (Rule(protocol="6", groups=("sg-payments",)), 0),
    ],
)
def test_endpoints_that_admit_the_old_addresses_alone_are_told(rule: Rule, told: int) -> None:
    groups = [security_group("sg-payments"), security_group("sg-vpce", rule)]
    seen = full(security_groups=groups, vpc_endpoints=[endpoint("sg-vpce")])
    assert sum("vpce-1 (ecr.api)" in note for note in draft(seen).notes) == told


def test_endpoints_that_were_not_seen_are_told() -> None:
    assert any("was not seen" in note for note in draft(blind(Facet.VPC_ENDPOINTS)).notes)


def test_the_plan_rests_on_whatever_the_block_was_chosen_against() -> None:
    one = draft(full())
    (added,) = of(one, AssociateCidr)
    assert set(one.rests_on) == {
        (About.VPC, VPC),
        (About.BLOCKS, VPC),
        (About.PEERINGS, VPC),
        (About.CLUSTERS, VPC),
        (About.DESTINATIONS, f"{VPC}|{added.cidr}"),
        (About.SUBNETS_IN, f"{VPC}|{added.cidr}"),
        (About.DEFAULT_ACL, VPC),
        (About.EFFECTIVE_ROUTES, f"{VPC}|10.0.0.0/24"),
        (About.EFFECTIVE_ROUTES, f"{VPC}|10.0.1.0/24"),
        (About.ADDON, "payments|vpc-cni"),
        (About.ADDON_VERSION, "payments|vpc-cni"),
        (About.ROUTE_TABLE, "rtb-a"),
        (About.ROUTE_TABLE, "rtb-b"),
    }


def test_a_reservation_and_a_larger_block_are_part_of_the_proven_plan() -> None:
    seen = with_addon(PREFIXES)
    finding = short(seen)
    one = proposed(NAME, seen, finding, reserve_prefixes=True, prefix=18)
    plan = planned(seen, one, finding)
    assert finding.finding_id in plan.proof.closes
    assert (plan.blast.creates, plan.blast.changes, plan.blast.deletes) == (5, 4, 0)


def blind(facet: Facet) -> Snapshot:
    unseen = Blind(facet=facet, api="ec2:Any", error="UnauthorizedOperation")
    return dataclasses.replace(full(), blinds=(unseen,))


def peered(status: str, *cidrs: str) -> Peering:
    mine = PeerVpc(vpc_id=VPC, owner_id=ACCOUNT, region=REGION, cidrs=("10.0.0.0/16",))
    far = PeerVpc(vpc_id="vpc-far", owner_id="222233334444", region=REGION, cidrs=cidrs)
    return Peering(id="pcx-1", status=status, requester=mine, accepter=far, tags={})


def test_fargate_profiles_with_room_or_in_another_zone_stop_nothing() -> None:
    large = subnet("subnet-2a", cidr="10.0.16.0/20", free_ips=4000)
    profiles = [
        fargate_profile("here", subnet_ids=("subnet-2a",)),
        fargate_profile("there", subnet_ids=("subnet-b",)),
    ]
    seen = full(subnets=[*full().subnets, large], fargate_profiles=profiles)
    assert of(draft(seen), AssociateCidr)


LOCAL = tuple(dataclasses.replace(each, kind="local-zone") for each in full().zones)
CASES: list[tuple[str, Callable[[], Snapshot], dict[str, Any]]] = [
    ("unseen", lambda: blind(Facet.PEERINGS), {}),
    ("unseen", lambda: blind(Facet.TRANSIT_ATTACHMENTS), {}),
    ("unseen", lambda: full(vpcs=[]), {}),
    ("unseen", lambda: full(route_tables=[]), {}),
    ("unseen", lambda: full(network_acls=[]), {}),
    ("unseen", lambda: dataclasses.replace(full(), partial=True), {}),
    ("shared-vpc", lambda: full(vpcs=[vpc(owner_id="444455556666")]), {}),
    ("ipv6", lambda: full(clusters=[cluster(ip_family="ipv6")]), {}),
    ("auto-mode", lambda: full(clusters=[cluster(auto_mode=True)]), {}),
    ("fargate", lambda: full(fargate_profiles=[fargate_profile()]), {}),
    ("cni-unread", lambda: full(addons=[]), {}),
    ("cni-unread", lambda: blind(Facet.ADDON_VPC_CNI), {}),
    ("cni-unread", lambda: with_addon({"DISABLE_NETWORK_RESOURCE_PROVISIONING": "true"}), {}),
    ("no-discovery", lambda: with_addon({"ENABLE_SUBNET_DISCOVERY": "false"}), {}),
    ("no-discovery", lambda: full(addons=[addon(version="v1.17.1-eksbuild.1")]), {}),
    *(
        ("addon-unhealthy", lambda status=status: with_pods_named(status=status), {})
        for status in ("CREATE_FAILED", "UPDATE_FAILED", "DELETING", "UPDATING")
    ),
    ("eni-config-names", lambda: with_addon({next(iter(CUSTOM)): "true"}), {}),
    ("no-prefixes", full, {"reserve_prefixes": True}),
    ("no-such-zone", lambda: full(zones=LOCAL), {}),
    ("no-such-zone", lambda: full(node_groups=[], instances=[]), {}),
    (
        "egress-differs",
        lambda: full(
            subnets=[*full().subnets, subnet("subnet-2a", cidr="10.0.9.0/24")],
            node_groups=[node_group(subnet_ids=("subnet-a", "subnet-2a"))],
        ),
        {},
    ),
    (
        "public-egress",
        lambda: full(
            route_tables=[route_table("rtb-1", "igw-1")],
            addons=[addon(configuration=values(EXTERNAL))],
        ),
        {},
    ),
    ("network-acl", lambda: full(network_acls=[acl(entries=())]), {}),
    ("too-small", full, {"prefix": 24}),
    ("too-large", lambda: full(node_groups=[node_group(max_size=2000)]), {}),
    ("too-large", lambda: full(node_groups=[node_group(max_size=9000)]), {}),
    ("no-free-block", full, {"avoid": ("100.64.0.0/10",)}),
    ("rfc1918-mix", full, {"pool": "192.168.0.0/16"}),
    ("peering-pending", lambda: full(peerings=[peered("pending-acceptance", "10.9.0.0/16")]), {}),
    ("quota", lambda: full(quotas=[quota("L-83CA0A9D", 1)]), {}),
]


@pytest.mark.parametrize(("rule", "seen", "choices"), CASES)
def test_every_rule_that_refuses_has_a_case(
    rule: str, seen: Callable[[], Snapshot], choices: dict[str, Any]
) -> None:
    answer = refused(NAME, seen(), short(full()), **choices)
    assert answer.rule == rule
    assert answer.reason


def test_no_rule_is_without_a_case_and_a_line_in_the_page() -> None:
    folder = pathlib.Path(remedies.__file__).parent / "secondary_cidr"
    source = "".join(path.read_text() for path in folder.glob("*.py"))
    rules = set(re.findall(r"refuse\(\s*\"([a-z0-9-]+)\"", source))
    assert rules - {rule for rule, _, _ in CASES} == {"nodes-not-pods"}
    page = remedies.remedy(NAME).doc
    assert {rule for rule in rules if f"``{rule}``" not in page} == set()


def test_pod_subnets_are_refused_for_what_is_no_pods_matter() -> None:
    finding = dataclasses.replace(short(full()), check_id="IPH001")
    assert refused(NAME, full(), finding).rule == "nodes-not-pods"


def test_too_small_a_block_is_refused_with_the_need() -> None:
    answer = refused(NAME, full(), short(full()), prefix=23)
    assert "256 in euw1-az1, 256 in euw1-az2" in answer.reason
    assert "/22" in answer.advice


@pytest.mark.parametrize(
    ("choices", "named"),
    [
        ({"prefix": 15}, "prefix"),
        ({"prefix": 29}, "prefix"),
        ({"growth_percent": -1}, "growth"),
        ({"pool": "100.64.0.0"}, "pool"),
        ({"avoid": ("x",)}, "avoid"),
    ],
)
def test_a_choice_that_means_nothing_is_bad_input(choices: dict[str, Any], named: str) -> None:
    with pytest.raises(InputError, match=named):
        remedies.remedy(NAME).propose(full(), short(full()), Choices(**choices))


def test_equal_ways_out_by_several_tables_are_one() -> None:
    twin = route_table("rtb-0", "nat-a", subnet_ids=("subnet-2a",))
    seen = full(
        subnets=[*full().subnets, subnet("subnet-2a", cidr="10.0.9.0/24", free_ips=5)],
        node_groups=[node_group(subnet_ids=("subnet-a", "subnet-2a"))],
        route_tables=[*full().route_tables, twin],
    )
    assert of(draft(seen), AssociateRouteTable)[0].route_table_id == "rtb-0"


cidrs = st.builds(
    lambda third, fourth, length: str(block(f"100.64.{third}.{fourth}/{length}")),
    st.integers(0, 31),
    st.sampled_from([0, 128]),
    st.integers(20, 26),
)


@settings(max_examples=60, deadline=None)
@given(
    routes=st.lists(cidrs, max_size=4),
    peers=st.lists(cidrs, max_size=3),
    avoid=st.lists(cidrs, max_size=3),
    remote=st.lists(cidrs, max_size=2),
)
def test_a_block_is_legal_and_free_and_none_means_that_there_is_none(
    routes: list[str], peers: list[str], avoid: list[str], remote: list[str]
) -> None:
    tables = [
        dataclasses.replace(
            each,
            routes=(*each.routes, *(Route(destination=to, target="tgw-1") for to in routes)),
        )
        for each in full().route_tables
    ]
    seen = full(
        route_tables=tables,
        peerings=[peered("active", *peers)] if peers else [],
        clusters=[cluster(remote_pod_cidrs=tuple(remote))],
    )
    pool = block("100.64.0.0/19")
    choices = Choices(pool=str(pool), avoid=tuple(avoid))
    answer = remedies.remedy(NAME).propose(seen, short(full()), choices)
    own = [block(each) for each in (*avoid, *remote)]
    legal = [
        str(one)
        for one in (block(f"100.64.{third}.0/22") for third in range(0, 32, 4))
        if decide(["10.0.0.0/16"], str(one), routes, peers).allowed
        and not any(one.overlaps(each) for each in own)
    ]
    if isinstance(answer, Draft):
        (added,) = of(answer, AssociateCidr)
        assert added.cidr in legal
        pieces = [block(each.cidr) for each in of(answer, CreateSubnet)]
        assert all(block(added.cidr).contains(each) for each in pieces)
        assert not pieces[0].overlaps(pieces[1])
    else:
        assert answer.rule == "no-free-block"
        assert not legal
