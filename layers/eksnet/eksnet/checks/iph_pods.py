"""Room for pods, cluster by cluster and zone by zone."""

from collections.abc import Iterator
from typing import Any

from eksnet.cni.membership import Found, used_subnets
from eksnet.cni.podsubnets import PodSubnets, fargate_pods, node_pods, node_zones
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import Subnet
from eksnet.model.record import record
from eksnet.model.resource import cluster_zone_resource, subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, subnet_by_id


@check(
    id="IPH002",
    title="Pods find free addresses in each zone",
    severity=Severity.HIGH,
    needs={
        Facet.CLUSTERS,
        Facet.NODE_GROUPS,
        Facet.FARGATE_PROFILES,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
    },
    wants={Facet.ADDON_VPC_CNI},
    source="https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md",
    remedies=("secondary-cidr",),
    rules=(145, 188),
    since="0.1.0",
)
def pod_headroom(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:
    """Pods stay in ContainerCreating once no subnet they may use has an address left.

    The VPC CNI takes from the roomiest subnet of the node's zone that it may use. Which it may use
    is a matter of settings: with custom networking the ENIConfig's subnet, else the node's own and
    those tagged kubernetes.io/role/cni. One node's subnet is of no use to a node in another, so
    the nodes of each subnet are judged by the best one open to them, and the worst off decide for
    their cluster and zone. Fargate pods use their profile's subnets. Pods of an IPv6 cluster take
    no IPv4 address from a subnet, except on Fargate.

    **Passes** with 256 free addresses in the best subnet. **Fails** high under 16, medium under
    256. Where the settings can't be seen (a self-managed CNI, EKS Auto Mode) it is judged only if
    every subnet of the zone would give the same answer.

    **What to do.** Add a pod subnet to the zone, from 100.64.0.0/10 if the VPC is full, and offer
    it with the tag kubernetes.io/role/cni=1 or an ENIConfig.
    """
    for cluster in snapshot.clusters:
        yield from _unlisted(snapshot, cluster)
        rooms: dict[str, list[PodSubnets]] = {
            az_id: [] if cluster.ip_family == "ipv6" else [*node_pods(snapshot, cluster, az_id)]
            for az_id in node_zones(snapshot, cluster)
        }
        for az_id, room in fargate_pods(snapshot, cluster):
            rooms.setdefault(az_id, []).append(room)
        for az_id in sorted(rooms):
            yield _zone(cluster, az_id, [_judge(room, limits) for room in rooms[az_id]])


def _unlisted(snapshot: Snapshot, cluster: Cluster) -> Iterator[Answer]:
    subnets = subnet_by_id(snapshot)
    for used in used_subnets(snapshot)[cluster.name]:
        relevant = used.holds_nodes or Found.FARGATE_PROFILE in used.found
        if relevant and used.subnet_id not in subnets:
            missing = subnet_resource(used.subnet_id)
            yield not_listed(missing, cluster.name, "ec2:DescribeSubnets")


@record
class _Room:
    """The judgement of one kind of pods; ``missing`` is set when the choices disagree."""

    pods: str
    best: Subnet | None
    severity: Severity | None
    needed: int
    missing: Unread | None = None

    @property
    def free(self) -> int:
        return self.best.free_ips if self.best else 0


def _judge(room: PodSubnets, limits: Limits) -> _Room:
    """Judge each choice by its best subnet, and return the judgement where they agree.

    Where all fail in different degrees, the mildest is certain.
    """
    judged = []
    for choice in room.choices or ((),):
        best = max(choice, key=lambda subnet: (subnet.free_ips, subnet.id), default=None)
        severity, needed = _tier(best.free_ips if best else 0, limits)
        judged.append(_Room(pods=room.pods, best=best, severity=severity, needed=needed))
    judged.sort(key=lambda each: each.free)
    worst, mildest = judged[0], judged[-1]
    if worst.severity and not mildest.severity:
        return _Room(
            pods=room.pods,
            best=worst.best,
            severity=None,
            needed=worst.needed,
            missing=room.missing,
        )
    return mildest if worst.severity else worst


def _tier(free: int, limits: Limits) -> tuple[Severity | None, int]:
    if free < limits.pod_required:
        return Severity.HIGH, limits.pod_required
    if free < limits.pod_recommended:
        return Severity.MEDIUM, limits.pod_recommended
    return None, limits.pod_recommended


def _zone(cluster: Cluster, az_id: str, rooms: list[_Room]) -> Answer:
    resource = cluster_zone_resource(cluster.name, az_id)
    if not rooms:
        text = "pods of an IPv6 cluster take no IPv4 addresses of the subnet"
        return passed(resource, text, cluster=cluster.name, ip_family=cluster.ip_family)
    short = [room for room in rooms if room.severity]
    if not short:
        for room in rooms:
            if room.missing:
                return _undecided(cluster, az_id, room, room.missing)
    room = min(short or rooms, key=lambda each: (each.free, each.pods))
    where = f"in {room.best.id}, the best subnet" if room.best else "as no subnet may be used"
    text = f"{room.pods}: {room.free} free addresses {where} in {az_id}"
    seen: dict[str, Any] = {
        "best_subnet": room.best.id if room.best else None,
        "free_ips": room.free,
        "az_id": az_id,
        "needed": room.needed,
    }
    if room.severity is None:
        return passed(resource, text, cluster=cluster.name, **seen)
    text = f"{text}, {room.needed} needed"
    return failed(resource, text, cluster=cluster.name, severity=room.severity, **seen)


def _undecided(cluster: Cluster, az_id: str, room: _Room, missing: Unread) -> Unseen:
    return Unseen(
        resource=cluster_zone_resource(cluster.name, az_id),
        cluster=cluster.name,
        api=missing.api,
        error=missing.error,
        message=f"which subnets the pods of {az_id} use was not seen; the shortest has "
        f"{room.free} free addresses, {room.needed} needed",
    )
