"""What a plan rests on, read from a snapshot in one canonical form: the same before and after."""

import dataclasses
from collections.abc import Callable, Iterable

from eksnet.model.plan import About, Fact
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.plan import values
from eksnet.plan.kind import Key
from eksnet.plan.natural import parts, subnet_at, written

ADDON_FACETS = {
    "vpc-cni": Facet.ADDON_VPC_CNI,
    "coredns": Facet.ADDON_COREDNS,
    "kube-proxy": Facet.ADDON_KUBE_PROXY,
}
_PARTIAL = Blind(facet=Facet.VPCS, api="eksnet:--partial", error="IncompleteList")


@dataclasses.dataclass(frozen=True, slots=True)
class _Reader:
    """How facts about one thing are read: from what, and their value."""

    facets: frozenset[Facet]
    value: Callable[[Snapshot, str], object]


def _reader(value: Callable[[Snapshot, str], object], *facets: Facet) -> _Reader:
    return _Reader(frozenset(facets), value)


_READERS = {
    About.VPC: _reader(values.vpc, Facet.VPCS),
    About.BLOCKS: _reader(values.blocks, Facet.VPCS),
    About.SUBNETS_IN: _reader(values.subnets_in, Facet.SUBNETS),
    About.DESTINATIONS: _reader(values.destinations, Facet.VPCS, Facet.ROUTE_TABLES),
    About.PEERINGS: _reader(values.peerings, Facet.VPCS, Facet.PEERINGS),
    About.CLUSTERS: _reader(values.clusters, Facet.CLUSTERS),
    About.ROUTE_TABLE: _reader(values.route_table, Facet.ROUTE_TABLES),
    About.SUBNET: _reader(values.subnet, Facet.SUBNETS),
    About.SUBNET_ROUTES: _reader(values.subnet_routes, Facet.SUBNETS, Facet.ROUTE_TABLES),
    About.EFFECTIVE_ROUTES: _reader(values.effective_routes, Facet.SUBNETS, Facet.ROUTE_TABLES),
    About.DEFAULT_ACL: _reader(values.default_network_acl, Facet.VPCS, Facet.NETWORK_ACLS),
    About.RESERVATIONS: _reader(
        values.reservations, Facet.SUBNETS, Facet.NETWORK_INTERFACES, Facet.CIDR_RESERVATIONS
    ),
    About.FLOW_LOGS: _reader(values.flow_logs, Facet.VPCS, Facet.FLOW_LOGS),
    About.ADDON: _reader(values.addon, Facet.CLUSTERS, Facet.SUBNETS),
    About.ADDON_VERSION: _reader(values.addon_version),
}
_ADDONS = frozenset({About.ADDON, About.ADDON_VERSION})


def read(snapshot: Snapshot, key: Key) -> str | Blind:
    """Return a fact's value as canonical JSON, or what hides it.

    Raises:
        ValueError: the key is malformed, or names an add-on that is not read.
    """
    hidden = _hidden(snapshot, key)
    if hidden:
        return hidden
    about, of = key
    value = _READERS[about].value(snapshot, of)
    return value if isinstance(value, Blind) else written(value)


def facets_of(keys: Iterable[Key]) -> frozenset[Facet]:
    """Return what to look at to know the facts of ``keys``.

    Raises:
        ValueError: a key is malformed, or names an add-on that is not read.
    """
    return frozenset(facet for key in keys for facet in _facets(key))


def differing(snapshot: Snapshot, expected: Iterable[Fact]) -> tuple[tuple[Fact, str], ...] | Blind:
    """Return the facts that are otherwise now, each with its value now, or what hides one."""
    found = []
    for fact in expected:
        value = read(snapshot, (fact.about, fact.of))
        if isinstance(value, Blind):
            return value
        if value != fact.value:
            found.append((fact, value))
    return tuple(found)


def _facets(key: Key) -> frozenset[Facet]:
    about, of = key
    if about not in _ADDONS:
        return _READERS[about].facets
    _, name = parts(of)
    if name not in ADDON_FACETS:
        msg = f"the add-on {name} is not read, only {', '.join(ADDON_FACETS)}"
        raise ValueError(msg)
    return _READERS[about].facets | {ADDON_FACETS[name]}


def _hidden(snapshot: Snapshot, key: Key) -> Blind | None:
    """Return what hides a fact; a list that somebody filtered hides every one."""
    blinds = [each for each in snapshot.blind(_facets(key)) if _concerns(snapshot, each, key)]
    found = min(blinds, key=lambda each: (each.facet, each.api, each.error), default=None)
    return found or (_PARTIAL if snapshot.partial else None)


def _concerns(snapshot: Snapshot, blind: Blind, key: Key) -> bool:
    """Tell whether a blind may hide a fact: all do but those known to be of something else."""
    about, of = key
    if about in _ADDONS and blind.cluster:
        return blind.cluster == parts(of)[0]
    if blind.resource is None:
        return True
    if about is About.RESERVATIONS and blind.resource.type == "AWS::EC2::Subnet":
        subnet = subnet_at(snapshot, *parts(of))
        return subnet is not None and subnet.id == blind.resource.id
    if blind.resource.type == "AWS::EC2::VPC" and about not in {About.ROUTE_TABLE, *_ADDONS}:
        return blind.resource.id == of.partition("|")[0]
    return True
