"""Where new subnets for the pods of a cluster have to be, and how large."""

from collections.abc import Iterable

from eksnet.capacity.pod_need import PodNeed, grown
from eksnet.cni.membership import used_subnets
from eksnet.model.cluster import Cluster
from eksnet.model.network import Subnet
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, grouped, subnet_by_id
from eksnet.network.carving import holding, serving, widened
from eksnet.network.cidr import RESERVED

ORDINARY = "availability-zone"  # EC2 API: ZoneType; the others are local-zone, wavelength-zone
BROKEN_BLOCKS = 32  # two /28: EC2's own five addresses lie in the first and the last


@record
class PodSite:
    """A zone that has nodes, with the subnets that they live in."""

    az_id: str
    az: str
    subnets: tuple[Subnet, ...]


@record
class Sites:
    """The zones that get a pod subnet; ``left_out`` says which don't, and why."""

    sites: tuple[PodSite, ...]
    left_out: tuple[str, ...]


@record
class Sizes:
    """The prefix lengths of each site's subnet and of the block, with the addresses they serve.

    A length is None where even a /16 is too small.
    """

    needs: tuple[int, ...]
    lengths: tuple[int, ...] | None
    prefix: int | None


def pod_sites(snapshot: Snapshot, cluster: Cluster) -> Sites:
    """Return the zones in which nodes of a cluster live or will be put."""
    kinds = {zone.id: zone.kind for zone in snapshot.zones}
    listed = subnet_by_id(snapshot)
    homes = [
        listed[used.subnet_id]
        for used in used_subnets(snapshot)[cluster.name]
        if used.holds_nodes and used.subnet_id in listed
    ]
    outposts = [each for each in homes if each.outpost_arn]
    edges = [e for e in homes if kinds.get(e.az_id, ORDINARY) != ORDINARY and not e.outpost_arn]
    strange = {each.id for each in (*outposts, *edges)}
    ordinary = grouped(
        (each for each in homes if each.id not in strange), lambda each: (each.az_id, each.az)
    )
    return Sites(
        sites=tuple(
            PodSite(az_id=az_id, az=az, subnets=subnets)
            for (az_id, az), subnets in sorted(ordinary.items())
        ),
        left_out=(
            *(f"{each.id} is on an Outpost: its pods get no subnet here" for each in outposts),
            *(f"{each.id} is in {each.az}, a {kinds[each.az_id]}: left out" for each in edges),
        ),
    )


def sizes(
    sites: Iterable[PodSite], need: PodNeed, *, growth: int, least: int, reserve: bool
) -> Sizes:
    """Return the smallest subnets that serve the need and its growth, percent, in each zone.

    Each has ``least`` addresses. With ``reserve`` one half of each alone holds the prefixes.
    """
    needs = tuple(max(grown(need.zones.get(each.az_id, 0), growth), least) for each in sites)
    withheld = BROKEN_BLOCKS if need.prefixes else RESERVED
    found = tuple(serving(each * (1 + reserve), withheld=withheld) for each in needs)
    lengths = tuple(each for each in found if each is not None)
    if len(lengths) < len(found):
        return Sizes(needs=needs, lengths=None, prefix=None)
    return Sizes(needs=needs, lengths=lengths, prefix=holding(lengths))


def filling(one: Sizes, prefix: int) -> Sizes:
    """Return the subnets as large as a /``prefix``, which must hold them, lets them all be."""
    wide = widened(one.lengths or (), prefix)
    return Sizes(needs=one.needs, lengths=wide, prefix=prefix)
