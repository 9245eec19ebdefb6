"""Room in the cluster subnets: what an update needs, subnet by subnet and zone by zone."""

import dataclasses
from collections.abc import Iterator
from typing import Any

from eksnet.cni.membership import cluster_subnets
from eksnet.cni.upgrade import AVOIDED_ERROR, Upgrade, UpgradeVerdict, upgrade_verdict
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, subnets_by_vpc
from eksnet.network.cidr import usable


@check(
    id="XEN002",
    title="Cluster subnets have room for an upgrade",
    severity=Severity.CRITICAL,
    needs={Facet.CLUSTERS, Facet.SUBNETS},
    source=CLUSTER_SUBNETS,
    remedies=("cluster-subnets",),
    rules=(2, 3, 4),
    since="0.1.0",
)
def cluster_subnet_headroom(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """EKS puts new network interfaces into the cluster subnets before it takes the old ones away.

    A version or subnet update needs up to five free addresses in each cluster subnet; with fewer
    the API refuses it, and the control plane can neither be upgraded nor scaled by EKS itself.
    The user guide asks for six and recommends sixteen.

    **Passes** with 16 or more free addresses. **Fails** below: critical under 5, high under 6,
    medium under 16; low instead of medium where the whole subnet is too small to ever have 16
    free, such as a dedicated /28 with its 11 usable addresses.

    **What to do.** Take leaked interfaces out of the subnet, or give the cluster another subnet in
    the same availability zone: a dedicated /27 has room for everything EKS asks for.
    """
    for cluster, subnet_id, subnet in cluster_subnets(snapshot):
        if subnet is None:
            yield not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")
            continue
        resource = subnet_resource(subnet)
        seen: dict[str, Any] = {
            "free_ips": subnet.free_ips,
            "az_id": subnet.az_id,
            "cidr": subnet.cidr,
        }
        tier = _tier(subnet, limits)
        if tier is None:
            text = f"{subnet.free_ips} free addresses"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
            continue
        severity, needed = tier
        text = f"{subnet.free_ips} free addresses in {subnet.cidr}, {needed} needed"
        yield failed(
            resource,
            text,
            cluster=cluster.name,
            severity=severity,
            positive=True,
            needed=needed,
            **seen,
        )


def _tier(subnet: Subnet, limits: Limits) -> tuple[Severity, int] | None:
    free = subnet.free_ips
    if free < limits.cluster_subnet_critical:
        return Severity.CRITICAL, limits.cluster_subnet_critical
    if free < limits.cluster_subnet_high:
        return Severity.HIGH, limits.cluster_subnet_high
    if free < limits.cluster_subnet_medium:
        small = usable(subnet.cidr) < limits.cluster_subnet_medium
        return Severity.LOW if small else Severity.MEDIUM, limits.cluster_subnet_medium
    return None


@check(
    id="XEN003",
    title="The control plane can be upgraded and scaled now",
    severity=Severity.CRITICAL,
    needs={Facet.CLUSTERS, Facet.SUBNETS},
    source="https://docs.aws.amazon.com/eks/latest/userguide/update-cluster.html",
    remedies=("cluster-subnets",),
    rules=(5,),
    since="0.1.0",
)
def upgrade_possible(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """An upgrade lives or dies by zone: free addresses that all lie in one zone don't help.

    EKS starts new control-plane instances in at least two zones, each with an interface in a
    cluster subnet there. Where it finds no room the update ends with InsufficientFreeAddresses.

    **Passes** (yes) where every cluster subnet has 5 or more free addresses. **Fails** critical
    (no) where fewer than two zones have such a subnet, and medium (at-risk) in between: the API
    asks for five in each subnet, other sources for two zones with five.

    **What to do.** Free addresses in the short subnet, or replace it by one of the same zone with
    room, before the upgrade; `eksnet verdict` shows the zones.
    """
    for cluster in snapshot.clusters:
        verdict = upgrade_verdict(snapshot, cluster, limits.cluster_subnet_critical)
        resource = cluster_resource(snapshot, cluster)
        text = f"upgrade: {verdict.answer}; {'; '.join(verdict.reasons)}"
        if verdict.answer is Upgrade.UNKNOWN:
            yield Unseen(
                resource=resource,
                cluster=cluster.name,
                api="ec2:DescribeSubnets",
                error="NotListed",
                message=text,
            )
            continue
        seen = _verdict_evidence(verdict)
        if verdict.answer is Upgrade.YES:
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
            continue
        severity = Severity.CRITICAL if verdict.answer is Upgrade.NO else Severity.MEDIUM
        yield failed(resource, text, cluster=cluster.name, severity=severity, positive=True, **seen)


def _verdict_evidence(verdict: UpgradeVerdict) -> dict[str, Any]:
    avoided = {} if verdict.answer is Upgrade.YES else {"avoided_error": AVOIDED_ERROR}
    return {
        "verdict": str(verdict.answer),
        "needed": verdict.minimum_free,
        "best_free_by_zone": {room.az_id: room.free_ips for room in verdict.zones},
        "short_subnets": [dataclasses.asdict(room) for room in verdict.short],
        **avoided,
    }


@check(
    id="XEN016",
    title="A short cluster subnet has a replacement",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.SUBNETS},
    source=CLUSTER_SUBNETS,
    remedies=("cluster-subnets",),
    rules=(17,),
    since="0.1.0",
)
def replacement_exists(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A cluster's subnets can be exchanged, but only within its VPC and its first zones.

    The new set must cover every zone of the old one and none besides. So a full cluster subnet
    has a quick way out only where its own zone holds another subnet with room, and with an IPv6
    block if the cluster is an IPv6 one.

    **Passes** where the subnet has the six free addresses EKS asks for, or where another subnet of
    its zone and VPC has them. **Fails** where none has: high when an update would be refused
    already (under 5 free), medium otherwise.

    **What to do.** Create a dedicated /27 in that zone, from a secondary CIDR if the VPC is full,
    and name it in UpdateClusterConfig together with the cluster's other subnets.
    """
    for cluster, subnet_id, subnet in cluster_subnets(snapshot):
        if subnet is None:
            yield not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")
            continue
        resource = subnet_resource(subnet)
        seen: dict[str, Any] = {"free_ips": subnet.free_ips, "az_id": subnet.az_id}
        if subnet.free_ips >= limits.cluster_subnet_high:
            text = f"{subnet.free_ips} free addresses: no replacement needed"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
            continue
        spare = _replacement(snapshot, cluster, subnet, limits.cluster_subnet_high)
        where = f"{subnet.free_ips} free addresses, and in {subnet.az_id}"
        if spare:
            text = f"{where} {spare.id} has {spare.free_ips}"
            found: dict[str, Any] = {
                "replacement": spare.id,
                "replacement_free_ips": spare.free_ips,
            }
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen, **found)
            continue
        refused = subnet.free_ips < limits.cluster_subnet_critical
        severity = Severity.HIGH if refused else Severity.MEDIUM
        text = f"{where} no other subnet of {subnet.vpc_id} has {limits.cluster_subnet_high}"
        text += " and an IPv6 block" if cluster.ip_family == "ipv6" else ""
        yield failed(resource, text, cluster=cluster.name, severity=severity, **seen)


def _replacement(snapshot: Snapshot, cluster: Cluster, short: Subnet, needed: int) -> Subnet | None:
    """Return the roomiest other subnet of the same zone; one on an Outpost is no cluster subnet.

    The subnets of an IPv6 cluster need an IPv6 block each (EKS user guide, cni-ipv6).
    """
    legal = [
        each
        for each in subnets_by_vpc(snapshot).get(short.vpc_id, ())
        if each.az_id == short.az_id
        and each.free_ips >= needed
        and each.state == "available"
        and not each.outpost_arn
        and (cluster.ip_family != "ipv6" or each.ipv6_cidrs)
    ]
    return max(legal, key=lambda each: (each.free_ips, each.id), default=None)
