"""Who holds the addresses of a subnet, as far as EC2's description of the interfaces tells.

An address and its interface are facts; the owner follows from the interface's class (``cni.eni``)
and from what it is attached to. What nothing names is ``other``, never guessed.
"""

import enum
from collections.abc import Iterator

from eksnet.cni.eni import (
    CLUSTER_TAG,
    INSTANCE_TAG,
    UNMANAGED_TAG,
    EniClass,
    class_by_eni,
    unattached_cni,
)
from eksnet.cni.membership import (
    CLUSTER_TAG_PREFIX,
    NAME_TAGS,
    NODE_GROUP_TAG,
    cluster_by_eni,
    cluster_by_instance,
)
from eksnet.model.network import Eni
from eksnet.model.record import Tags, record
from eksnet.model.snapshot import Snapshot, derived, enis_by_subnet, instance_by_id
from eksnet.network.cidr import block


class Owner(enum.StrEnum):
    """For whom an address of a subnet is taken; every address seen has exactly one owner."""

    X_ENI = "x-eni"
    """A cluster's control plane: the cross-account interfaces that EKS makes."""
    NODE_PRIMARY = "node-primary"
    """The first address of each interface of a node, which no pod gets."""
    POD_POOL = "pod-pool"
    """The other addresses of a node's interfaces: with pods, warm, or cooling down. AWS alone
    can't tell these apart."""
    PREFIX = "prefix"
    """The /28 prefixes delegated to interfaces, 16 addresses each, pods on them or not."""
    TRUNK = "trunk"
    """The trunk interfaces of nodes whose pods have security groups of their own."""
    BRANCH = "branch"
    """The branch interfaces, one for each such pod."""
    FARGATE = "fargate"
    """Interfaces of tasks on Fargate, recognised by their description."""
    LEAKED = "leaked"
    """All that unattached interfaces of the VPC CNI or the VPC resource controller hold."""
    LOAD_BALANCER = "load-balancer"
    NAT = "nat"
    ENDPOINT = "endpoint"
    LAMBDA = "lambda"
    RDS = "rds"
    TRANSIT_GATEWAY = "transit-gateway"
    INSTANCE = "instance"
    """EC2 instances that nothing seen makes a node, and interfaces that the CNI must leave alone
    (``node.k8s.amazonaws.com/no_manage``)."""
    OTHER = "other"
    """What no rule names."""


_BY_CLASS = {
    EniClass.X_ENI: Owner.X_ENI,
    EniClass.LEAKED: Owner.LEAKED,
    EniClass.TRUNK: Owner.TRUNK,
    EniClass.BRANCH: Owner.BRANCH,
    EniClass.NAT_GATEWAY: Owner.NAT,
    EniClass.LOAD_BALANCER: Owner.LOAD_BALANCER,
    EniClass.NETWORK_LOAD_BALANCER: Owner.LOAD_BALANCER,
    EniClass.VPC_ENDPOINT: Owner.ENDPOINT,
    EniClass.GATEWAY_LOAD_BALANCER_ENDPOINT: Owner.ENDPOINT,
    EniClass.LAMBDA: Owner.LAMBDA,
    EniClass.TRANSIT_GATEWAY: Owner.TRANSIT_GATEWAY,
    EniClass.RDS: Owner.RDS,
    EniClass.FARGATE_POD: Owner.FARGATE,
}


@record
class Holding:
    """What one interface holds, and for whom.

    ``own`` owns its first address, ``rest`` the others, ``prefix`` its prefixes. ``instance_id`` is
    what it is attached to; ``cluster`` and ``node_group`` are None where nothing seen names them.
    """

    eni: Eni
    own: Owner
    rest: Owner
    prefix: Owner
    instance_id: str | None = None
    cluster: str | None = None
    node_group: str | None = None

    @property
    def holder(self) -> str:
        """Return what would have to go for the addresses to come free: an instance or itself."""
        return self.instance_id or self.eni.id

    @property
    def size(self) -> int:
        """Return how many addresses the interface holds, 16 for each prefix."""
        return len(self.eni.private_ips) + sum(block(each).size for each in self.eni.prefixes)

    def counted(self) -> Iterator[tuple[Owner, int]]:
        """Yield owners with how many addresses each has here; an owner may come twice."""
        addresses = len(self.eni.private_ips)
        if addresses:
            yield self.own, 1
            yield self.rest, addresses - 1
        if self.eni.prefixes:
            yield self.prefix, sum(block(each).size for each in self.eni.prefixes)


def holdings(snapshot: Snapshot, subnet_id: str) -> Iterator[Holding]:
    """Yield what each interface in a subnet holds."""
    clusters, instances = cluster_by_eni(snapshot), instance_by_id(snapshot)
    for eni in enis_by_subnet(snapshot).get(subnet_id, ()):
        instance_id = _instance_id(eni)
        instance = instances.get(instance_id or "")
        own, rest, prefix = _owners(snapshot, eni, instance_id)
        yield Holding(
            eni=eni,
            own=own,
            rest=rest,
            prefix=prefix,
            instance_id=instance_id,
            cluster=clusters.get(eni.id),
            node_group=instance.tags.get(NODE_GROUP_TAG) if instance else None,
        )


def _owners(snapshot: Snapshot, eni: Eni, instance_id: str | None) -> tuple[Owner, Owner, Owner]:
    """Return the owners of the first address, of the others, and of the prefixes."""
    if unattached_cni(eni):
        return Owner.LEAKED, Owner.LEAKED, Owner.LEAKED
    owner = _BY_CLASS.get(class_by_eni(snapshot)[eni.id])
    if owner is None and instance_id in node_instances(snapshot):
        if eni.tags.get(UNMANAGED_TAG) != "true":
            return Owner.NODE_PRIMARY, Owner.POD_POOL, Owner.PREFIX
        owner = Owner.INSTANCE
    owner = owner or (Owner.INSTANCE if instance_id else Owner.OTHER)
    return owner, owner, Owner.LEAKED if owner is Owner.LEAKED else Owner.PREFIX


@derived
def node_instances(snapshot: Snapshot) -> frozenset[str]:
    """Return the instances that are nodes of any cluster, also of one that was not described.

    A node's own tags name a cluster, or the VPC CNI has left its mark on one of its interfaces.
    """
    classes = class_by_eni(snapshot)
    marked = {each.id for each in snapshot.instances if _names_cluster(each.tags)}
    running = {
        _instance_id(eni) or ""
        for eni in snapshot.enis
        if INSTANCE_TAG in eni.tags
        or CLUSTER_TAG in eni.tags
        or classes[eni.id] in (EniClass.CNI_SECONDARY, EniClass.TRUNK)
    }
    return frozenset(marked | running | set(cluster_by_instance(snapshot))) - {""}


def _names_cluster(tags: Tags) -> bool:
    return any(key in NAME_TAGS or key.startswith(CLUSTER_TAG_PREFIX) for key in tags)


def _instance_id(eni: Eni) -> str | None:
    return eni.attachment.instance_id if eni.attachment else None
