"""What could be changed about a cluster's addresses, the most useful first: what each gives back.

Each option is a scenario asked of the model: ``at_least`` and ``at_most`` addresses come free in
the subnets of the nodes, negative where more would be taken. What stands in the way is told from
what was seen.
"""

import dataclasses
import enum
from collections.abc import Iterator, Mapping

from eksnet.capacity.ledger import SubnetLedger, ledger
from eksnet.capacity.node_need import IPV6, WINDOWS, cluster_settings, most_pods
from eksnet.capacity.usage import Usage, seen_by_nodes, usage
from eksnet.capacity.whatif import Scenario, changed
from eksnet.cni import precedence
from eksnet.cni.branch import cni_nodes
from eksnet.cni.effective import Effective, pool_targets
from eksnet.cni.env_vars import read_version
from eksnet.cni.limits import limits
from eksnet.cni.podsubnets import CUSTOM_NETWORKING
from eksnet.cni.pool import PoolTargets
from eksnet.cni.settings import ADDON
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread, counted
from eksnet.model.record import record
from eksnet.model.snapshot import (
    Snapshot,
    addon_by_cluster_and_name,
    derived,
    node_groups_by_cluster,
    subnet_by_id,
    vpc_by_id,
)

# A small pool that still starts a node's own pods at once; ours to set, pods decide what is right
LEAN = {precedence.WARM_IP: "2", precedence.MINIMUM_IP: "10"}
PREFIXES_SINCE = (1, 9, 0)  # VPC CNI v1.9.0, release notes
IPV6_SINCE = (1, 10, 0)  # VPC CNI v1.10.0, release notes


class Way(enum.StrEnum):
    """A way to more addresses."""

    WARM_TARGETS = "warm-targets"
    PREFIX_MODE = "prefix-mode"
    CUSTOM_NETWORKING = "custom-networking"
    IPV6 = "ipv6"


_RISK = {
    Way.WARM_TARGETS: "medium: pods that start in a burst wait for EC2, with more calls",
    Way.PREFIX_MODE: "medium: it needs whole /28s, and new nodes for the change to be clean",
    Way.CUSTOM_NETWORKING: "high: every node is replaced, and has an interface less for pods",
    Way.IPV6: "high: a new cluster and a migration, as no cluster changes its address family",
}


@record
class Option:
    """One way for one cluster: what is to be done, what comes back to the node subnets, the risk.

    ``at_least`` and ``at_most`` are None where something was not seen. ``obstacles`` stand in the
    way; ``effects`` are what else it brings.
    """

    cluster: str
    way: Way
    change: str
    at_least: int | None
    at_most: int | None
    risk: str
    obstacles: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()


def options(snapshot: Snapshot, cluster: Cluster) -> tuple[Option, ...]:
    """Return the ways open to a cluster, unhindered ones first, then by what they give back.

    None is left out for its risk; one that is in use already is.
    """
    settings = cluster_settings(snapshot, cluster)
    held = usage(snapshot, cluster)
    if isinstance(settings, Unread) or isinstance(held, Unread) or cluster.ip_family == IPV6:
        return ()
    now = _Now(
        snapshot=snapshot,
        cluster=cluster,
        settings=settings,
        held=held,
        ledgers={one.subnet.id: one for one in ledger(snapshot, held.subnets)},
    )
    found = [each for each in (_warm(now), _prefix(now), _custom(now), _ipv6(now)) if each]
    return tuple(sorted(found, key=_rank))


def _rank(one: Option) -> tuple[bool, int, int, str]:
    return bool(one.obstacles), -(one.at_least or 0), -(one.at_most or 0), one.way


@record
class _Now:
    snapshot: Snapshot
    cluster: Cluster
    settings: Effective
    held: Usage
    ledgers: Mapping[str, SubnetLedger]

    @property
    def seen(self) -> int | None:
        """Return what the nodes hold, None where it was not seen."""
        found = [seen_by_nodes(each, [self.cluster.name]) for each in self.ledgers.values()]
        known = [each for each in found if each is not None]
        return sum(known) if len(known) == len(found) else None

    @property
    def types(self) -> tuple[str, ...]:
        """Return the instance types of the nodes."""
        return tuple(sorted({each.type for each in cni_nodes(self.snapshot, self.cluster)}))

    def under(self, other: Snapshot) -> Usage | None:
        """Return what the nodes would hold in another snapshot."""
        found = usage(other, self.cluster)
        return None if isinstance(found, Unread) else found


@derived
def _lean(snapshot: Snapshot) -> Snapshot:
    return changed(snapshot, Scenario(env=LEAN, nodes={}, types={}))


@derived
def _prefixed(snapshot: Snapshot) -> Snapshot:
    on = {precedence.PREFIX_DELEGATION: "true"}
    return changed(snapshot, Scenario(env=on, nodes={}, types={}))


def _given(now: _Now, then: Usage | None) -> tuple[int | None, int | None]:
    """Return what comes back: today's addresses, less what would be held, most and least."""
    seen = now.seen
    if seen is None or then is None:
        return None, None
    most = sum(each.most.total for each in then.subnets.values())
    least = sum(each.least.total for each in then.subnets.values())
    return seen - most, seen - least


def _warm(now: _Now) -> Option | None:
    if all(now.settings.value(name) == text for name, text in LEAN.items()):
        return None
    at_least, at_most = _given(now, now.under(_lean(now.snapshot)))
    if at_most is not None and at_most <= 0:
        return None
    if at_least is not None:
        at_least = max(at_least, 0)  # fewer warm addresses never take more
    named = ", ".join(f"{name}={text}" for name, text in LEAN.items())
    return Option(
        cluster=now.cluster.name,
        way=Way.WARM_TARGETS,
        change=f"set {named} in the add-on's configuration",
        at_least=at_least,
        at_most=at_most,
        risk=_RISK[Way.WARM_TARGETS],
        effects=("what it gives back depends on the pods, which AWS does not show",),
    )


def _prefix(now: _Now) -> Option | None:
    if now.settings.flag(precedence.PREFIX_DELEGATION):
        return None
    targets = pool_targets(now.settings)
    then = now.under(_prefixed(now.snapshot))
    at_least, at_most = _given(now, then)
    return Option(
        cluster=now.cluster.name,
        way=Way.PREFIX_MODE,
        change=f"set {precedence.PREFIX_DELEGATION}=true in the add-on's configuration",
        at_least=at_least,
        at_most=at_most,
        risk=_RISK[Way.PREFIX_MODE],
        obstacles=tuple(_prefix_obstacles(now, then)),
        effects=tuple(_pods(now, dataclasses.replace(targets, prefix_delegation=True))),
    )


def _prefix_obstacles(now: _Now, then: Usage | None) -> Iterator[str]:
    yield from _older(now, PREFIXES_SINCE, "prefixes")
    yield from _without_nitro(now, "take no prefixes")
    for subnet_id, use in sorted(then.subnets.items() if then else ()):
        one = now.ledgers.get(subnet_id)
        free = one.free_blocks if one else None
        if free and free.most < use.least.blocks:
            yield (
                f"{subnet_id} has {counted(free.most, 'free /28')}, its nodes would take "
                f"{use.least.blocks} at least"
            )
        elif free is None or free.least < use.least.blocks:
            yield f"the free /28s of {subnet_id} were not seen"


def _custom(now: _Now) -> Option | None:
    if now.settings.flag(CUSTOM_NETWORKING):
        return None
    back = _all_but_the_nodes(now)
    targets = dataclasses.replace(pool_targets(now.settings), custom_networking=True)
    return Option(
        cluster=now.cluster.name,
        way=Way.CUSTOM_NETWORKING,
        change="give pods subnets of their own, from a block added to the VPC",
        at_least=back,
        at_most=back,
        risk=_RISK[Way.CUSTOM_NETWORKING],
        effects=tuple(_pods(now, targets)),
    )


def _pods(now: _Now, then: PoolTargets) -> Iterator[str]:
    """Yield how the recommended max-pods of each type of node would move."""
    today = pool_targets(now.settings)
    for each in now.types:
        limit = limits().get(each)
        before = most_pods(limit, today) if limit else None
        after = most_pods(limit, then) if limit else None
        if before and after:
            yield f"max-pods of {each}: {before.recommended} today, {after.recommended} then"


def _ipv6(now: _Now) -> Option:
    back = _all_but_the_nodes(now)
    return Option(
        cluster=now.cluster.name,
        way=Way.IPV6,
        change="build an IPv6 cluster beside this one and move",
        at_least=back,
        at_most=back,
        risk=_RISK[Way.IPV6],
        obstacles=tuple(_ipv6_obstacles(now)),
        effects=("pods take no IPv4 address at all",),
    )


def _all_but_the_nodes(now: _Now) -> int | None:
    """Return what nodes hold beside one address each."""
    seen = now.seen
    return None if seen is None else max(seen - now.held.nodes, 0)


def _ipv6_obstacles(now: _Now) -> Iterator[str]:
    yield "the address family of a cluster is fixed when it is made"
    vpc = vpc_by_id(now.snapshot).get(now.cluster.vpc_id)
    if vpc is None:
        yield f"{now.cluster.vpc_id} was not seen"
    elif not vpc.ipv6_cidrs:
        yield f"{vpc.id} has no IPv6 block"
    subnets = subnet_by_id(now.snapshot)
    used = sorted({*now.cluster.subnet_ids, *now.held.subnets} & subnets.keys())
    bare = [each for each in used if not subnets[each].ipv6_cidrs]
    if bare:
        yield f"{counted(len(bare), 'subnet')} without IPv6: {', '.join(bare)}"
    yield from _older(now, IPV6_SINCE, "IPv6")
    yield from _without_nitro(now, "can't be IPv6 nodes")
    groups = node_groups_by_cluster(now.snapshot).get(now.cluster.name, ())
    windows = [each.name for each in groups if each.ami_type.startswith(WINDOWS)]
    if windows:
        yield f"Windows has no IPv6: {', '.join(windows)}"
    if now.settings.flag(CUSTOM_NETWORKING):
        yield "custom networking is on, which IPv6 excludes"


def _older(now: _Now, since: tuple[int, int, int], what: str) -> Iterator[str]:
    addon = addon_by_cluster_and_name(now.snapshot)[now.cluster.name, ADDON]
    version = read_version(addon.version)
    if version and version < since:
        yield f"the VPC CNI is {addon.version}: {what} came with v{'.'.join(map(str, since))}"


def _without_nitro(now: _Now, so: str) -> Iterator[str]:
    known = limits()
    old = [each for each in now.types if each in known and known[each].nitro is False]
    unknown = [each for each in now.types if each not in known or known[each].nitro is None]
    if old:
        yield f"{', '.join(old)} have no Nitro hypervisor and {so}"
    if unknown:
        yield f"whether {', '.join(unknown)} have a Nitro hypervisor is not known"
