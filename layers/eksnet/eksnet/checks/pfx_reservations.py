"""Whether prefixes have a range of their own: a reservation, or a subnet without anything else."""

from collections.abc import Iterator
from typing import Any

from eksnet.capacity.free_blocks import PREFIX, Reservation
from eksnet.capacity.ledger import SubnetLedger, ledger
from eksnet.capacity.owners import Owner, holdings
from eksnet.capacity.prefix_mode import NEEDS, prefix_subnets
from eksnet.engine.check import Answer, Unseen, check, failed, not_listed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread, counted
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Resource, Snapshot

RESERVATION = "https://docs.aws.amazon.com/vpc/latest/userguide/subnet-cidr-reservation.html"
PREFIX_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/prefix-mode-linux.html"
NOWHERE = "no interface holds a prefix"


@check(
    id="PFX003",
    title="Prefixes come from a range of their own",
    severity=Severity.LOW,
    needs=NEEDS,
    source=PREFIX_GUIDE,
    rules=(99,),
    since="0.2.0",
)
def own_range(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001 - none
    """Where prefixes share a subnet with single addresses, these take whole blocks apart.

    Each address that EC2 picks for an instance, a load balancer or a function may fall into any
    block that is still whole. A reservation of type prefix keeps a range for prefixes alone; so
    does a subnet in which there is nothing else.

    **Passes** for a subnet with a prefix reservation, and for one in which only nodes' interfaces
    lie, with no address beside their first. **Fails**, low, for every other subnet in which the
    cluster holds prefixes. **Unknown** where nothing else was seen, yet addresses are in use by
    interfaces that were not, as other accounts' in a shared VPC.

    **What to do.** Create a subnet CIDR reservation of type prefix over the largest free range of
    the subnet, before it is broken up.
    """
    for cluster, resource, one in _subnets(snapshot):
        if not isinstance(one, SubnetLedger):
            yield _other(cluster, resource, one)
            continue
        kept = [each.cidr for each in one.reservations or () if each.kind == PREFIX]
        if kept:
            text = f"{', '.join(kept)} is reserved for prefixes"
            yield passed(resource, text, cluster=cluster.name, reservations=kept)
            continue
        others = _single(snapshot, one.subnet.id)
        if not others and one.blocks_unseen:
            yield _other(cluster, resource, one.blocks_unseen)
            continue
        seen: dict[str, Any] = {"reservations": kept, "single_addresses": others}
        if not others:
            text = "nothing but nodes' interfaces with prefixes"
            yield passed(resource, text, cluster=cluster.name, **seen)
            continue
        text = f"no prefix reservation, and single addresses beside the prefixes: {others}"
        yield failed(resource, text, cluster=cluster.name, **seen)


def _single(snapshot: Snapshot, subnet_id: str) -> int:
    """Count the addresses that are not the first one of a node's interface."""
    return sum(
        len(each.eni.private_ips) - (each.own is Owner.NODE_PRIMARY)
        for each in holdings(snapshot, subnet_id)
        if each.eni.private_ips
    )


@check(
    id="PFX004",
    title="Prefix reservations hold no single addresses",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=RESERVATION,
    rules=(100,),
    since="0.2.0",
)
def effective_reservations(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A reservation evicts nothing: what was in its range before stays, and spoils its block.

    A prefix reservation that was made over a used range promises more blocks than it has.

    **Passes** for each subnet with prefixes whose prefix reservations hold prefixes only, or that
    has none. **Fails** where single addresses lie in one. **Unknown** where none were seen there,
    yet addresses are in use by interfaces that were not seen.

    **What to do.** Replace the nodes or interfaces that hold these addresses; what comes after
    them is put outside the range. Or reserve another range that is free.
    """
    for cluster, resource, one in _subnets(snapshot):
        if not isinstance(one, SubnetLedger):
            yield _other(cluster, resource, one)
            continue
        kept = [each for each in one.reservations or () if each.kind == PREFIX]
        spoilt = [each for each in kept if not each.effective]
        seen: dict[str, Any] = {
            "reservations": [each.cidr for each in kept],
            "used": sum(e.used for e in kept),
        }
        if spoilt:
            text = "; ".join(_spoilt(each) for each in spoilt)
            yield failed(resource, text, cluster=cluster.name, **seen)
        elif kept and one.blocks_unseen:
            yield _other(cluster, resource, one.blocks_unseen)
        else:
            held = sum(each.free_28 for each in kept)
            text = f"{counted(held, 'free /28 block')} reserved" if kept else "no reservation"
            yield passed(resource, text, cluster=cluster.name, **seen)


def _spoilt(one: Reservation) -> str:
    return (
        f"{one.used} single addresses in use lie in {one.cidr}, "
        f"{counted(one.free_28, 'whole /28 block')} left there"
    )


_Seen = SubnetLedger | Unread | None


def _subnets(snapshot: Snapshot) -> Iterator[tuple[Cluster, Resource, _Seen]]:
    """Yield each subnet in which a cluster holds prefixes; the cluster where it holds none.

    Reservations are read of such subnets only.
    """
    for cluster in snapshot.clusters:
        ids = prefix_subnets(snapshot).get(cluster.name, ())
        if not ids:
            yield cluster, cluster_resource(snapshot, cluster), None
        accounts = {one.subnet.id: one for one in ledger(snapshot, ids)}
        for subnet_id in ids:
            one = accounts.get(subnet_id)
            if one is None:
                yield cluster, subnet_resource(subnet_id), None
            else:
                read = one if one.free_blocks else one.blocks_unseen
                yield cluster, subnet_resource(one.subnet), read


def _other(cluster: Cluster, resource: Resource, answer: Unread | None) -> Answer:
    if answer:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api=answer.api,
            error=answer.error,
            message="what is reserved and used in the subnet was not seen",
        )
    if resource.type == subnet_resource("").type:
        return not_listed(resource, cluster.name, "ec2:DescribeSubnets")
    return passed(resource, NOWHERE, cluster=cluster.name)
