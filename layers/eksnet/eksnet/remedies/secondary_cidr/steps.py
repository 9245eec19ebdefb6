"""The steps that make a block and its subnets, and what offers them to pods, last of all."""

from collections.abc import Iterator, Mapping

from eksnet.capacity.pod_sites import PodSite
from eksnet.cni.eni_config_values import manifests, names_in_zones, with_pod_subnets
from eksnet.cni.membership import ROLE_CNI_TAG
from eksnet.cni.podsubnets import SCOPE_TAG
from eksnet.cni.publication import Publication, Way, unnamed_zones
from eksnet.cni.settings import ADDON
from eksnet.model.action import (
    AssociateCidr,
    AssociateRouteTable,
    CreateSubnet,
    ReservePrefixes,
    TagSubnet,
    UpdateAddon,
)
from eksnet.model.cluster import Addon, Cluster
from eksnet.model.network import RouteTable
from eksnet.model.plan import About, ManualStep
from eksnet.model.record import record
from eksnet.model.snapshot import (
    Snapshot,
    addon_by_cluster_and_name,
    cluster_by_name,
    subnet_by_id,
)
from eksnet.network.carving import upper_half
from eksnet.network.cidr import Block
from eksnet.plan.configuration import configured, natural
from eksnet.plan.draft import DraftStep
from eksnet.plan.kind import Key
from eksnet.plan.natural import place, written
from eksnet.remedies.remedy import Choices, refuse

OFFERED = "1"  # README of the VPC CNI: any value but 0 offers a subnet
ASSOCIATES = "EC2 associates the block"
_UPDATABLE = frozenset({"ACTIVE", "DEGRADED"})  # EKS API reference, Addon: status
RECOGNISES = (  # EKS user guide, network-reqs; DNS and pod traffic don't wait for it
    "EKS takes up to an hour to recognise the block; until then logs, exec and webhooks of pods in "
    "it may fail"
)


@record
class Room:
    """What the subnets are made of: a piece of the block and a route table for each zone."""

    cluster: Cluster
    sites: tuple[PodSite, ...]
    tables: tuple[RouteTable, ...]
    block: Block
    pieces: tuple[Block, ...]

    @property
    def by_zone(self) -> Mapping[str, str]:
        """Return the new subnet of each zone, by the zone's name, as add-on values spell it."""
        pairs = zip(self.sites, self.pieces, strict=True)
        return {site.az: f"${{subnet:{piece}}}" for site, piece in pairs}


def making(snapshot: Snapshot, room: Room, choices: Choices) -> Iterator[DraftStep]:
    """Yield the block and its subnets, which nobody finds before they are offered."""
    vpc_id, name = room.cluster.vpc_id, room.cluster.name
    yield DraftStep(action=AssociateCidr(vpc_id=vpc_id, cidr=str(room.block)), waits=ASSOCIATES)
    only = {} if _alone(snapshot, room.cluster) else {f"{SCOPE_TAG}{name}": "true"}
    for site, table, piece in zip(room.sites, room.tables, room.pieces, strict=True):
        tags = {"Name": f"{name}-pods-{site.az}", **only}
        cidr = str(piece)
        yield DraftStep(action=CreateSubnet(vpc_id=vpc_id, cidr=cidr, az_id=site.az_id, tags=tags))
        yield DraftStep(
            action=AssociateRouteTable(vpc_id=vpc_id, subnet_cidr=cidr, route_table_id=table.id)
        )
        if choices.reserve_prefixes:
            half = str(upper_half(piece))
            yield DraftStep(action=ReservePrefixes(vpc_id=vpc_id, subnet_cidr=cidr, cidr=half))


def _alone(snapshot: Snapshot, cluster: Cluster) -> bool:
    """Tell whether no other cluster shares the VPC, as far as clusters are described."""
    described = cluster_by_name(snapshot)
    others = set(snapshot.cluster_names) | described.keys() - {cluster.name}
    return all(
        name == cluster.name or (name in described and described[name].vpc_id != cluster.vpc_id)
        for name in others
    )


def offering(
    snapshot: Snapshot, room: Room, way: Publication, after: int
) -> tuple[tuple[DraftStep, ...], tuple[ManualStep, ...]]:
    """Return what offers the subnets to pods: the last steps, or what Kubernetes must do."""
    if way.way is Way.TAG:
        return tuple(_tags(room)), ()
    update = _update(snapshot, room, way)
    if way.way is Way.ADDON:
        _require_healthy(addon_by_cluster_and_name(snapshot)[room.cluster.name, ADDON])
        return (DraftStep(action=update, waits=f"EKS updates the add-on; {RECOGNISES}"),), ()
    groups = _groups(room.cluster, way)
    manual = ManualStep(
        after=after,
        text="apply these ENIConfigs, each ${subnet:...} replaced by the id of that subnet",
        document=manifests(room.by_zone, groups),
        assumes=update,
    )
    return (), (manual,)


def _require_healthy(addon: Addon) -> None:
    """Refuse an add-on that can't be updated; a full cluster's is DEGRADED, and that is why."""
    if addon.status not in _UPDATABLE:
        told = "".join(f"; {each.code}: {each.message}" for each in addon.health or ())
        reason = f"{addon.name} of {addon.cluster} is {addon.status}{told}"
        refuse("addon-unhealthy", reason, "bring the add-on to ACTIVE, then ask again")


def _tags(room: Room) -> Iterator[DraftStep]:
    for piece in room.pieces:
        tag = TagSubnet(
            vpc_id=room.cluster.vpc_id, subnet_cidr=str(piece), key=ROLE_CNI_TAG, value=OFFERED
        )
        yield DraftStep(action=tag, waits=RECOGNISES if piece == room.pieces[-1] else None)


def _update(snapshot: Snapshot, room: Room, way: Publication) -> UpdateAddon:
    """Return the add-on's configuration with ENIConfigs that name the new subnets."""
    cluster, subnets = room.cluster, room.by_zone
    zones = {each.id: each.az for each in subnet_by_id(snapshot).values()}
    names = names_in_zones(way.settings, zones, subnets, snapshot.target.region)
    unnamed = unnamed_zones(way.settings, names)
    if unnamed:
        reason = f"how nodes of {', '.join(unnamed)} name their ENIConfig is not known"
        advice = "set ENI_CONFIG_LABEL_DEF to topology.kubernetes.io/zone, then ask again"
        refuse("eni-config-names", reason, advice)
    told = addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].configuration
    before = natural(snapshot, cluster.vpc_id, configured(told))
    values = before if isinstance(before, dict) else {}
    after = with_pod_subnets(values, subnets, names, _groups(cluster, way))
    return UpdateAddon(
        cluster=cluster.name,
        vpc_id=cluster.vpc_id,
        addon=ADDON,
        before=written(before),
        after=written(after),
    )


def _groups(cluster: Cluster, way: Publication) -> tuple[str, ...]:
    """Return the security groups of a new ENIConfig: those of the others, else the cluster's."""
    shown = [each.security_groups for each in way.settings.eni_configs if each.security_groups]
    own = cluster.cluster_security_group_id
    return shown[0] if shown else ((own,) if own else ())


def rests_on(room: Room) -> Iterator[Key]:
    """Yield what must still be so when the block is added: nobody has come into it meanwhile."""
    vpc_id = room.cluster.vpc_id
    yield About.VPC, vpc_id
    yield About.BLOCKS, vpc_id
    yield About.PEERINGS, vpc_id
    yield About.CLUSTERS, vpc_id
    yield About.DESTINATIONS, place(vpc_id, str(room.block))
    yield About.SUBNETS_IN, place(vpc_id, str(room.block))
    yield About.DEFAULT_ACL, vpc_id
    yield About.ADDON, place(room.cluster.name, ADDON)
    yield About.ADDON_VERSION, place(room.cluster.name, ADDON)
    for each in sorted({subnet.cidr for site in room.sites for subnet in site.subnets}):
        yield About.EFFECTIVE_ROUTES, place(vpc_id, each)
    for table_id in sorted({each.id for each in room.tables}):
        yield About.ROUTE_TABLE, table_id
