"""Whether all nodes of a subnet take their pods' addresses the same way."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.eni import EniClass, class_by_eni
from eksnet.cni.membership import cluster_by_eni
from eksnet.engine.check import Answer, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.finding import Severity
from eksnet.model.network import Eni
from eksnet.model.resource import subnet_resource
from eksnet.model.snapshot import Facet, Snapshot, derived, subnet_by_id

OF_NODES = frozenset({EniClass.NODE_PRIMARY, EniClass.CNI_SECONDARY})
EXAMPLES = 3  # nodes named in a message


@derived
def _node_enis(snapshot: Snapshot) -> Mapping[str, tuple[tuple[str, Eni], ...]]:
    """Return the interfaces of nodes in each subnet, each with its cluster."""
    owner, classes = cluster_by_eni(snapshot), class_by_eni(snapshot)
    found: dict[str, list[tuple[str, Eni]]] = {}
    for eni in snapshot.enis:
        if eni.id in owner and classes[eni.id] in OF_NODES:
            found.setdefault(eni.subnet_id, []).append((owner[eni.id], eni))
    return {subnet_id: tuple(enis) for subnet_id, enis in found.items()}


def _instances(enis: tuple[tuple[str, Eni], ...]) -> tuple[list[str], list[str]]:
    """Return the nodes with prefixes, and those with single addresses for pods and no prefix."""
    prefixes, singles = set(), set()
    for _, eni in enis:
        instance_id = eni.attachment.instance_id if eni.attachment else None
        if instance_id and eni.prefixes:
            prefixes.add(instance_id)
        elif instance_id and len(eni.private_ips) > 1:
            singles.add(instance_id)
    return sorted(prefixes), sorted(singles - prefixes)


@check(
    id="VPC024",
    title="The nodes of a subnet take addresses one way: singly or by prefix",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.INSTANCES, Facet.NETWORK_INTERFACES, Facet.SUBNETS},
    source="https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html",
    rules=(52,),
    since="0.2.0",
)
def one_mode(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Single addresses lie scattered; a prefix needs sixteen in a row, which they then break.

    Where both kinds of nodes share a subnet, of one cluster or of two, those with prefixes run out
    of free /28 blocks long before the subnet runs out of addresses. While one kind replaces the
    other, both are there for a time.

    **Passes** where all nodes of the subnet that have addresses for pods in it take them the same
    way. **Fails** low where some have prefixes and others single addresses. A node that has both by
    itself counts as one with prefixes.

    **What to do.** Give each kind subnets of its own, or reserve a part of the subnet for prefixes
    (CreateSubnetCidrReservation).
    """
    for subnet_id, enis in sorted(_node_enis(snapshot).items()):
        prefixes, singles = _instances(enis)
        if not prefixes and not singles:
            continue
        clusters = sorted({name for name, _ in enis})
        subnet = subnet_by_id(snapshot).get(subnet_id)
        if subnet is None:
            for name in clusters:
                yield not_listed(subnet_resource(subnet_id), name, "ec2:DescribeSubnets")
            continue
        seen: dict[str, Any] = {
            "clusters": clusters,
            "with_prefixes": len(prefixes),
            "with_addresses": len(singles),
        }
        if prefixes and singles:
            text = f"{_some(prefixes)} take prefixes, {_some(singles)} single addresses"
            yield failed(subnet_resource(subnet), text, **seen)
        else:
            text = f"all {len(prefixes or singles)} nodes take addresses the same way"
            yield passed(subnet_resource(subnet), text, **seen)


def _some(names: list[str]) -> str:
    rest = len(names) - EXAMPLES
    return ", ".join(names[:EXAMPLES]) + (f" and {rest} more" if rest > 0 else "")
