"""Pod subnets that are not there yet: cut from blocks, one for each zone with nodes.

A block inside the VPC must be free of subnets; one outside must be one that EC2 would let in
(``network.association``).
"""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence

from eksnet.cni.podsubnets import node_zones
from eksnet.cni.settings import settings_by_cluster
from eksnet.model.cluster import Cluster
from eksnet.model.errors import InputError
from eksnet.model.network import CidrAssociation, Subnet, Vpc
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, grouped, subnets_by_vpc, vpc_by_id
from eksnet.network.association import decide, read_block
from eksnet.network.cidr import Block, block, usable

LIVE = "associated"  # EC2 API reference, VpcCidrBlockState
SMALLEST = 28  # the smallest subnet: VPC user guide, subnet-sizing
PREFIX = "planned-"  # how the id of a subnet begins that only the scenario has


@record
class Planned:
    """The subnets that would be made; ``eni_configs`` names by cluster and zone the pod subnet.

    ``added`` are the blocks that each VPC would get.
    """

    subnets: tuple[Subnet, ...]
    eni_configs: Mapping[str, Mapping[str, str]]
    added: Mapping[str, tuple[str, ...]]

    def vpc(self, one: Vpc) -> Vpc:
        """Return a VPC with the blocks it would get."""
        more = tuple(CidrAssociation(cidr=each, state=LIVE) for each in self.added.get(one.id, ()))
        return dataclasses.replace(one, cidrs=(*one.cidrs, *more))


def plan(snapshot: Snapshot, cidrs: Sequence[str]) -> Planned:
    """Return what custom networking on ``cidrs`` would need, in each VPC of the clusters seen.

    Raises:
        InputError: a block is malformed, may not be added, is taken, or is too small.
    """
    blocks = [read_block(each, "--pod-cidr") for each in cidrs]
    subnets: list[Subnet] = []
    configs: dict[str, Mapping[str, str]] = {}
    added: dict[str, tuple[str, ...]] = {}
    readable = [each for each in snapshot.clusters if each.name in settings_by_cluster(snapshot)]
    for vpc_id, clusters in sorted(grouped(readable, lambda each: each.vpc_id).items()):
        zones = sorted({zone for each in clusters for zone in node_zones(snapshot, each)})
        if not blocks or not zones:
            continue
        pieces = _cut(blocks, zones)
        _require_free(snapshot, vpc_id, pieces)
        added[vpc_id] = tuple(_admit(snapshot, vpc_id, blocks))
        made = [
            _subnet(snapshot, vpc_id, zone, piece)
            for zone, piece in zip(zones, pieces, strict=True)
        ]
        subnets.extend(each for each in made if each.id.startswith(PREFIX))
        configs.update(_configs(clusters, made))
    return Planned(subnets=tuple(subnets), eni_configs=configs, added=added)


def _configs(
    clusters: Iterable[Cluster], made: Iterable[Subnet]
) -> Mapping[str, Mapping[str, str]]:
    by_zone = {each.az: each.id for each in made}
    return {cluster.name: by_zone for cluster in clusters}


def _cut(blocks: Sequence[Block], zones: Sequence[str]) -> list[Block]:
    """Return a block for each zone: one of those given each, or equal parts of the only one."""
    if len(blocks) == len(zones):
        return list(blocks)
    if len(blocks) > 1:
        msg = (
            f"--pod-cidr: {len(blocks)} blocks for {len(zones)} zones; give one, to be cut, or one "
            "for each"
        )
        raise InputError(msg)
    length = blocks[0].length + (len(zones) - 1).bit_length()
    if length > SMALLEST:
        msg = f"--pod-cidr {blocks[0]}: too small for a subnet in each of {len(zones)} zones"
        raise InputError(msg)
    size = 1 << (32 - length)
    return [Block(blocks[0].first + number * size, length) for number in range(len(zones))]


def _admit(snapshot: Snapshot, vpc_id: str, blocks: Iterable[Block]) -> Iterable[str]:
    """Yield the blocks that the VPC would have to get; refuse those it can't have."""
    vpc = vpc_by_id(snapshot).get(vpc_id)
    held = [each.cidr for each in vpc.cidrs if each.state == LIVE] if vpc else []
    for one in blocks:
        if any(block(each).contains(one) for each in held):
            continue
        decision = decide(held, str(one)) if held else None
        if decision and not decision.allowed:
            msg = f"--pod-cidr {one}: not in {vpc_id}: {decision.reason}"
            raise InputError(msg)
        yield str(one)


def _require_free(snapshot: Snapshot, vpc_id: str, pieces: Sequence[Block]) -> None:
    """Refuse what overlaps a subnet, or another of the blocks; a subnet itself may be named."""
    taken = [each for each in subnets_by_vpc(snapshot).get(vpc_id, ()) if each.cidr]
    for number, one in enumerate(pieces):
        clash = next((each for each in taken if block(each.cidr).overlaps(one)), None)
        if clash and not _existing(snapshot, vpc_id, one):
            msg = f"--pod-cidr {one}: {clash.id} ({clash.cidr}) has part of it"
            raise InputError(msg)
        if any(one.overlaps(other) for other in pieces[:number]):
            msg = f"--pod-cidr {one}: another --pod-cidr has part of it"
            raise InputError(msg)


def _existing(snapshot: Snapshot, vpc_id: str, one: Block) -> Subnet | None:
    for each in subnets_by_vpc(snapshot).get(vpc_id, ()):
        if each.cidr and block(each.cidr) == one:
            return each
    return None


def _subnet(snapshot: Snapshot, vpc_id: str, az_id: str, piece: Block) -> Subnet:
    """Return the subnet of a block: the one that is there, or one as it would be made."""
    there = _existing(snapshot, vpc_id, piece)
    siblings = [each for each in subnets_by_vpc(snapshot)[vpc_id] if each.az_id == az_id]
    if there and there.az_id != az_id:
        msg = f"--pod-cidr {piece}: {there.id} is in {there.az_id}, not in {az_id}"
        raise InputError(msg)
    if there:
        return there
    subnet_id = f"{PREFIX}{vpc_id.removeprefix('vpc-')}-{az_id}"
    return Subnet(
        id=subnet_id,
        arn=snapshot.target.arn("ec2", f"subnet/{subnet_id}"),
        vpc_id=vpc_id,
        owner_id=snapshot.target.account_id,
        cidr=str(piece),
        az=siblings[0].az,
        az_id=az_id,
        free_ips=usable(str(piece)),
        map_public_ip=False,
        tags={},
    )
