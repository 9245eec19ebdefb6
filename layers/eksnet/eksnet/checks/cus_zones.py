"""Pod subnets zone by zone: by ENIConfig, by tag, and in the VPC's secondary blocks."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.branch import cni_node_subnets, cni_nodes
from eksnet.cni.eni import EniClass, class_by_eni
from eksnet.cni.membership import cluster_by_eni, cni_may_use, used_subnets
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, LABEL, ZONE_LABELS
from eksnet.cni.settings import CniSettings
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.cni_settings import told_settings
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.network import Subnet
from eksnet.model.resource import cluster_zone_resource, subnet_resource
from eksnet.model.snapshot import (
    Facet,
    Snapshot,
    derived,
    grouped,
    subnet_by_id,
    subnets_by_vpc,
)

GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/cni-custom-network-tutorial.html"
RUNNING = "running"  # EC2 API reference: InstanceState
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.ADDON_VPC_CNI,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    }
)


def _custom(settings: CniSettings) -> bool:
    return settings.flag(CUSTOM_NETWORKING, default=False)


def _zones(snapshot: Snapshot, cluster: Cluster) -> Iterator[Subnet | Answer]:
    """Yield one node subnet of each zone with nodes of the CNI, and what hides a zone."""
    zones: dict[str, Subnet] = {}
    for subnet_id in cni_node_subnets(snapshot, cluster):
        subnet = subnet_by_id(snapshot).get(subnet_id)
        if subnet is None:
            missing = subnet_resource(subnet_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeSubnets")
        else:
            zones[subnet.az_id] = subnet
    yield from (zones[az_id] for az_id in sorted(zones))


@check(
    id="CUS001",
    title="Every zone with nodes has an ENIConfig",
    severity=Severity.HIGH,
    needs=NEEDS,
    source=GUIDE,
    rules=(121, 132),
    since="0.2.0",
)
def eni_config_in_each_zone(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """With custom networking on, a node without an ENIConfig gives no address to any pod.

    The node's own subnet is no way back: the CNI looks for the ENIConfig that the node's label or
    annotation names, and every pod waits in ContainerCreating until it is there.

    **Passes** where the add-on's configuration makes an ENIConfig for the zone, or where pods have
    interfaces outside the nodes' subnets, which shows that there is one. **Fails** where the add-on
    makes ENIConfigs for other zones only, or makes none and no running node of the zone has an
    interface for pods. **Unknown** where the add-on makes none and no node shows it either:
    ENIConfigs made by hand are visible only in Kubernetes. Judged with custom networking on only,
    in zones with nodes or node groups that use it: those of EKS Auto Mode and Windows do not.

    **What to do.** Add an ENIConfig with a pod subnet of that zone. Name it after the zone, and let
    ENI_CONFIG_LABEL_DEF be topology.kubernetes.io/zone.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        if isinstance(settings, Unseen):
            yield settings
        elif _custom(settings):
            for node in _zones(snapshot, cluster):
                if isinstance(node, Subnet):
                    yield _zone(snapshot, cluster, settings, node)
                else:
                    yield node


def _zone(snapshot: Snapshot, cluster: Cluster, settings: CniSettings, node: Subnet) -> Answer:
    resource = cluster_zone_resource(cluster.name, node.az_id)
    here = _configs_of(snapshot, settings, node)
    names = sorted(config.name for config in settings.eni_configs)
    seen: dict[str, Any] = {"az_id": node.az_id, "eni_configs": here, "all_eni_configs": names}
    if here:
        text = f"{node.az} has ENIConfig {', '.join(here)}"
        return passed(resource, text, cluster=cluster.name, **seen)
    shown = _pod_interface_subnets(snapshot, cluster, node.az_id)
    if shown:
        text = f"pods in {node.az} have interfaces in {', '.join(shown)}"
        return passed(resource, text, cluster=cluster.name, pod_subnets=shown, **seen)
    if settings.eni_configs:
        text = f"the add-on makes ENIConfig {', '.join(names)}, none for {node.az}"
        return failed(resource, text, cluster=cluster.name, **seen)
    bare, all_nodes = _without_interface(snapshot, cluster, node.az)
    if all_nodes and bare == all_nodes:
        what = counted(all_nodes, "running node")
        text = f"no ENIConfig in the add-on, and no interface for pods on {what} in {node.az}"
        return failed(resource, text, cluster=cluster.name, nodes=all_nodes, **seen)
    return Unseen(
        resource=resource,
        cluster=cluster.name,
        api="kubernetes:eniconfigs",
        error="NotRead",
        message=f"the add-on makes no ENIConfig; whether {node.az} has one, only Kubernetes shows",
    )


def _configs_of(snapshot: Snapshot, settings: CniSettings, node: Subnet) -> list[str]:
    """Return the ENIConfigs that nodes of a zone pick, or by hand can pick."""
    if settings.env.get(LABEL) in ZONE_LABELS:
        return sorted(each.name for each in settings.eni_configs if each.name == node.az)
    subnets = subnet_by_id(snapshot)
    return sorted(
        each.name
        for each in settings.eni_configs
        if each.subnet_id in subnets and subnets[each.subnet_id].az_id == node.az_id
    )


@derived
def _subnets_of_pod_interfaces(snapshot: Snapshot) -> Mapping[str, frozenset[str]]:
    owner, classes = cluster_by_eni(snapshot), class_by_eni(snapshot)
    mine = (
        eni
        for eni in snapshot.enis
        if eni.id in owner and classes[eni.id] is EniClass.CNI_SECONDARY
    )
    return {
        name: frozenset(eni.subnet_id for eni in enis)
        for name, enis in grouped(mine, lambda eni: owner[eni.id]).items()
    }


def _pod_interface_subnets(snapshot: Snapshot, cluster: Cluster, az_id: str) -> list[str]:
    """Return where the zone's pods have interfaces that neither a node nor a tag explains."""
    subnets = subnet_by_id(snapshot)
    nodes = {u.subnet_id for u in used_subnets(snapshot)[cluster.name] if u.holds_nodes}
    return sorted(
        each
        for each in _subnets_of_pod_interfaces(snapshot).get(cluster.name, ())
        if each in subnets
        and subnets[each].az_id == az_id
        and each not in nodes
        and not cni_may_use(subnets[each].tags, cluster.name)
    )


def _without_interface(snapshot: Snapshot, cluster: Cluster, az: str) -> tuple[int, int]:
    """Return how many running nodes of a zone have no interface for pods, and how many run."""
    nodes = [
        each for each in cni_nodes(snapshot, cluster) if each.az == az and each.state == RUNNING
    ]
    holders = _holders(snapshot)
    return sum(each.id not in holders for each in nodes), len(nodes)


@derived
def _holders(snapshot: Snapshot) -> frozenset[str]:
    classes = class_by_eni(snapshot)
    return frozenset(
        eni.attachment.instance_id
        for eni in snapshot.enis
        if classes[eni.id] is EniClass.CNI_SECONDARY
        and eni.attachment
        and eni.attachment.instance_id
    )


@check(
    id="CUS011",
    title="Every zone with nodes has a pod subnet where other zones have one",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source="https://docs.aws.amazon.com/eks/latest/best-practices/ip-opt.html",
    rules=(132, 141),
    since="0.2.0",
)
def offered_in_each_zone(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """A subnet tagged for pods helps the nodes of its own zone and no others.

    An interface can't cross zones. The zone that was forgotten goes on with the nodes' own subnet
    and runs out of addresses while the others have thousands.

    **Passes** where the zone has a subnet offered to the cluster by kubernetes.io/role/cni.
    **Fails** where it has none and another zone has. Judged are clusters to which any subnet is
    offered, custom networking off, in zones with nodes or node groups that use such subnets: those
    of EKS Auto Mode and Windows do not.

    **What to do.** Create a pod subnet in that zone and tag it kubernetes.io/role/cni=1.
    """
    for cluster, settings in told_settings(snapshot, only_ipv4=True):
        offered = [
            each
            for each in subnets_by_vpc(snapshot).get(cluster.vpc_id, ())
            if cni_may_use(each.tags, cluster.name)
        ]
        if not offered:
            continue
        if isinstance(settings, Unseen):
            yield settings
        elif not _custom(settings):
            for node in _zones(snapshot, cluster):
                yield _offered(cluster, node, offered) if isinstance(node, Subnet) else node


def _offered(cluster: Cluster, node: Subnet, offered: list[Subnet]) -> Answer:
    resource = cluster_zone_resource(cluster.name, node.az_id)
    here = sorted(each.id for each in offered if each.az_id == node.az_id)
    others = sorted({each.az for each in offered} - {node.az})
    seen: dict[str, Any] = {"az_id": node.az_id, "offered": here, "other_zones": others}
    if here:
        return passed(resource, f"{node.az} has {', '.join(here)}", cluster=cluster.name, **seen)
    text = f"no subnet of {node.az} is offered to pods, as in {', '.join(others)}"
    return failed(resource, text, cluster=cluster.name, **seen)
