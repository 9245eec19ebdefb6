"""The cluster subnets themselves: zones, size, and who else lives there."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.eni import EniClass, class_by_eni, x_eni_cluster
from eksnet.cni.membership import cluster_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import CLUSTER_SUBNETS, Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, counted
from eksnet.model.network import Subnet
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, derived, enis_by_subnet, subnet_by_id
from eksnet.network.cidr import BITS, block, usable
from eksnet.network.proposal import owned_elsewhere

BEST_PRACTICES = "https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html"
NEEDED = 2  # "at least two subnets that are in different Availability Zones": EKS, network-reqs
SMALLEST = 28  # a dedicated /28 is the least for a cluster subnet: EKS best practices, subnets
OTHER_X_ENIS = "x-eni of other clusters"


@check(
    id="XEN001",
    title="The cluster subnets lie in two zones or more",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.SUBNETS},
    source=CLUSTER_SUBNETS,
    rules=(1,),
    since="0.1.0",
)
def zones(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """EKS needs two cluster subnets in different availability zones.

    With fewer it can't spread the control plane's interfaces, and refuses subnet updates. Zones
    are counted by their ids, which are the same in every account.

    **Passes** with two subnets in two zones. **Fails** with fewer.

    **What to do.** Zones can't be added to a cluster: restore a subnet in each of the zones the
    cluster was made with, and list it with UpdateClusterConfig.
    """
    subnets = subnet_by_id(snapshot)
    for cluster in snapshot.clusters:
        resource = cluster_resource(snapshot, cluster)
        missing = sorted({each for each in cluster.subnet_ids if each not in subnets})
        found = sorted({subnets[each].az_id for each in cluster.subnet_ids if each in subnets})
        seen: dict[str, Any] = {"az_ids": found, "subnet_ids": sorted(set(cluster.subnet_ids))}
        if len(found) >= NEEDED:
            text = f"cluster subnets in {counted(len(found), 'zone')}"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
        elif missing:
            yield Unseen(
                resource=resource,
                cluster=cluster.name,
                api="ec2:DescribeSubnets",
                error="NotListed",
                message=f"{len(found)} zone(s) seen; EC2 did not list {', '.join(missing)}",
            )
        else:
            text = f"cluster subnets in {counted(len(found), 'zone')}, {NEEDED} needed"
            yield failed(resource, text, cluster=cluster.name, positive=True, **seen)


@derived
def _classes_by_subnet(snapshot: Snapshot) -> Mapping[str, Mapping[str, int]]:
    """Return for each subnet how many interfaces there are of each class."""
    classes = class_by_eni(snapshot)
    return {
        subnet_id: Counter(str(classes[eni.id]) for eni in enis)
        for subnet_id, enis in enis_by_subnet(snapshot).items()
    }


@derived
def _x_enis_by_subnet_and_cluster(snapshot: Snapshot) -> Mapping[tuple[str, str | None], int]:
    return Counter((eni.subnet_id, x_eni_cluster(eni)) for eni in snapshot.enis)


def _others(snapshot: Snapshot, cluster: Cluster, subnet: Subnet) -> dict[str, int]:
    """Return the interfaces in a subnet that are not this cluster's own x-ENIs, by class.

    Those of all other clusters are one number: hundreds of clusters may share a subnet.
    """
    counts = dict(_classes_by_subnet(snapshot).get(subnet.id, {}))
    own = _x_enis_by_subnet_and_cluster(snapshot).get((subnet.id, cluster.name), 0)
    foreign = counts.pop(str(EniClass.X_ENI), 0) - own
    if foreign:
        counts[OTHER_X_ENIS] = foreign
    return {who: counts[who] for who in sorted(counts)}


def _shared(cluster: Cluster, subnet: Subnet) -> Unseen:
    """Return the answer where a subnet's owner may have interfaces there that are not shown."""
    return Unseen(
        resource=subnet_resource(subnet),
        cluster=cluster.name,
        api="ec2:DescribeNetworkInterfaces",
        error="OwnedByAnotherAccount",
        message=f"account {subnet.owner_id} shares {subnet.id}: its interfaces there are not shown",
    )


def _listed(others: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {who}" for who, count in others.items())


@check(
    id="XEN004",
    title="A cluster subnet is at least a /28 of its own",
    severity=Severity.HIGH,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.NETWORK_INTERFACES},
    source=BEST_PRACTICES,
    remedies=("cluster-subnets",),
    rules=(6,),
    since="0.1.0",
)
def size(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A /28 has 11 usable addresses: enough for an update only if nobody else takes them.

    Four x-ENIs and four more during an update make eight. Any other interface in a /28 eats into
    the remaining three.

    **Passes** for a /27 or larger, and for a /28 that holds nothing but the cluster's x-ENIs.
    **Fails** medium for a /28 that something else shares, high for anything smaller.
    A /28 that another account shares, with nobody else seen in it, is unknown: the interfaces of
    other accounts are not shown.

    **What to do.** Move the others out, or give the cluster a dedicated /27 in the same zone.
    """
    for cluster, subnet_id, subnet in cluster_subnets(snapshot):
        if subnet is None:
            yield not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")
            continue
        resource = subnet_resource(subnet)
        length = block(subnet.cidr).length if subnet.cidr else BITS
        seen: dict[str, Any] = {"cidr": subnet.cidr, "usable": usable(subnet.cidr)}
        if length < SMALLEST:
            text = f"a /{length} with {seen['usable']} usable addresses"
            yield passed(resource, text, cluster=cluster.name, positive=True, **seen)
        elif length > SMALLEST:
            text = f"a /{length}, a /{SMALLEST} is the least"
            yield failed(resource, text, cluster=cluster.name, positive=True, **seen)
        elif others := _others(snapshot, cluster, subnet):
            yield failed(
                resource,
                f"a /{length} with {seen['usable']} usable addresses, shared with "
                f"{_listed(others)}",
                cluster=cluster.name,
                severity=Severity.MEDIUM,
                positive=True,
                shared_with=others,
                **seen,
            )
        elif owned_elsewhere(snapshot, subnet.owner_id):
            yield _shared(cluster, subnet)
        else:
            yield passed(resource, f"a /{length} of its own", cluster=cluster.name, **seen)


@check(
    id="XEN005",
    title="Cluster subnets hold nothing but x-ENIs",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.SUBNETS, Facet.NETWORK_INTERFACES},
    source=BEST_PRACTICES,
    remedies=("cluster-subnets",),
    rules=(7,),
    since="0.1.0",
)
def dedicated(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """Nodes, pods and load balancers in a cluster subnet take the addresses an upgrade needs.

    They may live there, but AWS advises against it: growth elsewhere then decides whether the
    control plane can be upgraded.

    **Passes** where only the cluster's own x-ENIs are in the subnet. **Fails** low where others
    are, medium where they have left it fewer than the 16 free addresses EKS recommends.
    A subnet that another account shares, with nobody else seen in it, is unknown: the interfaces
    of other accounts are not shown.

    **What to do.** Make a dedicated subnet in each of the cluster's zones and list those with
    UpdateClusterConfig; the nodes can stay where they are.
    """
    for cluster, subnet_id, subnet in cluster_subnets(snapshot):
        if subnet is None:
            yield not_listed(subnet_resource(subnet_id), cluster.name, "ec2:DescribeSubnets")
            continue
        resource = subnet_resource(subnet)
        others = _others(snapshot, cluster, subnet)
        seen: dict[str, Any] = {"free_ips": subnet.free_ips, "shared_with": others}
        if not others and owned_elsewhere(snapshot, subnet.owner_id):
            yield _shared(cluster, subnet)
            continue
        if not others:
            yield passed(resource, "nothing but x-ENIs", cluster=cluster.name, **seen)
            continue
        tight = subnet.free_ips < limits.cluster_subnet_medium
        yield failed(
            resource,
            f"shared with {_listed(others)}; {subnet.free_ips} addresses free",
            cluster=cluster.name,
            severity=Severity.MEDIUM if tight else Severity.LOW,
            positive=True,
            **seen,
        )
