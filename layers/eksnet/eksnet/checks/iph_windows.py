"""Subnets that Windows nodes share with others."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.membership import NODE_GROUP_TAG, WINDOWS, nodes_by_cluster
from eksnet.engine.check import Answer, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.network import Subnet
from eksnet.model.record import record
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, node_groups_by_cluster, subnet_by_id
from eksnet.network.cidr import usable

PERCENT = 100


@record
class _Places:
    """The subnets of a cluster's Windows node groups, and those of its other nodes."""

    windows: Mapping[str, tuple[str, ...]]
    others: frozenset[str]


@check(
    id="IPH008",
    title="Windows nodes have subnets of their own where addresses are short",
    severity=Severity.LOW,
    needs={
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    },
    source="https://docs.aws.amazon.com/eks/latest/best-practices/windows-networking.html",
    rules=(117,),
    since="0.2.0",
)
def windows_apart(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """A Windows node that takes single addresses keeps some warm, and no setting changes that.

    The VPC resource controller in the control plane keeps about three for each node. In a short
    subnet Linux nodes, which can be told to keep fewer, save for nothing.

    **Passes** where a subnet of a Windows node group serves no other nodes of the cluster, or has
    100 free addresses and a tenth of the usable ones. **Fails**, low, where it serves others and
    has less. Which self-managed nodes run Windows is not read.

    **What to do.** Give the Windows node group subnets of its own, or a wider one.
    """
    for cluster in snapshot.clusters:
        places = _places(snapshot, cluster)
        for subnet_id, groups in sorted(places.windows.items()):
            subnet = subnet_by_id(snapshot).get(subnet_id)
            if subnet is None:
                resource = subnet_resource(subnet_id)
                yield not_listed(resource, cluster.name, "ec2:DescribeSubnets")
            else:
                shared = subnet_id in places.others
                yield _room(cluster, subnet, groups, limits, shared=shared)


def _places(snapshot: Snapshot, cluster: Cluster) -> _Places:
    groups = node_groups_by_cluster(snapshot).get(cluster.name, ())
    mine = [each for each in groups if each.ami_type.startswith(WINDOWS)]
    names, windows = {each.name for each in mine}, dict[str, tuple[str, ...]]()
    for group in sorted(mine, key=lambda each: each.name):
        for subnet_id in group.subnet_ids:
            windows[subnet_id] = (*windows.get(subnet_id, ()), group.name)
    others = {each for group in groups if group.name not in names for each in group.subnet_ids}
    nodes = nodes_by_cluster(snapshot).get(cluster.name, ())
    found = {each.subnet_id for each in nodes if each.tags.get(NODE_GROUP_TAG) not in names}
    return _Places(windows=windows, others=frozenset(others | found))


def _room(
    cluster: Cluster, subnet: Subnet, groups: tuple[str, ...], limits: Limits, *, shared: bool
) -> Answer:
    resource, total = subnet_resource(subnet), usable(subnet.cidr)
    short = (
        subnet.free_ips < limits.node_recommended
        or subnet.free_ips * PERCENT < limits.free_percent_warning * total
    )
    seen: dict[str, Any] = {
        "windows_node_groups": groups,
        "free_ips": subnet.free_ips,
        "usable": total,
        "shared": shared,
    }
    room = f"{subnet.free_ips} of {total} usable addresses free"
    if shared and short:
        text = f"{room}, shared by Windows nodes ({', '.join(groups)}) and others"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    text = f"{room}, {'shared with other nodes' if shared else 'Windows nodes only'}"
    return passed(resource, text, cluster=cluster.name, **seen)
