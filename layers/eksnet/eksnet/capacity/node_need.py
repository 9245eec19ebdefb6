"""What one new node takes from the subnets under its cluster's settings: at least, and at most.

A node without pods takes the least, one whose kubelet runs as many as it may takes the most; both
figures are those of the ``cni.pool`` model. What the settings, the type or the operating system
hide has no figure here, but the reason.
"""

from collections.abc import Iterable, Mapping

from eksnet.cni import precedence
from eksnet.cni.effective import Effective, effective, pool_targets, without_nitro
from eksnet.cni.limits import InstanceLimit, limits
from eksnet.cni.max_pods import HOST_NETWORK_PODS, MaxPods, Mode, ipv6_max_pods, max_pods
from eksnet.cni.pool import Pool, PoolTargets, has_trunk, mode_of, pool, shape_of
from eksnet.cni.settings import ADDON, settings_of
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot, addon_by_cluster_and_name, derived

IPV6 = "ipv6"  # EKS API reference, KubernetesNetworkConfigResponse: ipFamily
WINDOWS = "WINDOWS"  # EKS API reference, Nodegroup: how the amiTypes of Windows begin
CUSTOM_AMI = "CUSTOM"  # EKS API reference, Nodegroup: amiType; its bootstrap sets max-pods
BLOCK = 16  # addresses of a /28


@record
class Need:
    """Addresses taken one by one, and whole /28 blocks."""

    addresses: int = 0
    blocks: int = 0

    @property
    def total(self) -> int:
        """Return all addresses, those of the blocks included."""
        return self.addresses + self.blocks * BLOCK

    def times(self, count: int) -> "Need":
        """Return what ``count`` of them need."""
        return Need(addresses=self.addresses * count, blocks=self.blocks * count)

    def plus(self, other: "Need") -> "Need":
        """Return what both need."""
        return Need(addresses=self.addresses + other.addresses, blocks=self.blocks + other.blocks)


@record
class Take:
    """What one node takes: ``own`` of the subnet it is in, ``rest`` of where its pods' come from.

    ``rest`` is what the interfaces beside the primary one take: with custom networking from the
    ENIConfig's subnet, with subnet discovery from any subnet offered, else from the node's own too.
    """

    own: Need
    rest: Need

    @property
    def total(self) -> int:
        """Return all addresses."""
        return self.own.total + self.rest.total


@record
class NodeNeed:
    """What one node of a type takes: ``least`` without pods, ``most`` with ``max_pods`` of them.

    ``max_pods`` is None where the kubelet's is not known; then ``most`` is all its interfaces hold.
    ``least_enis`` and ``most_enis`` are interfaces; ``pending`` pods of a full node would get no
    address. ``open_ended`` tells of what may come on top and could not be counted.
    """

    instance_type: str
    mode: Mode
    max_pods: int | None
    least: Take
    most: Take
    least_enis: int
    most_enis: int
    pending: int = 0
    open_ended: str | None = None


def cluster_settings(snapshot: Snapshot, cluster: Cluster) -> Effective | Unread:
    """Return the CNI's settings in effect, or why they are not known."""
    return _settings(snapshot)[cluster.name]


@derived
def _settings(snapshot: Snapshot) -> Mapping[str, Effective | Unread]:
    return {each.name: _effective(snapshot, each) for each in snapshot.clusters}


def _effective(snapshot: Snapshot, cluster: Cluster) -> Effective | Unread:
    read = settings_of(snapshot, cluster)
    if isinstance(read, Unread):
        return read
    return effective(
        read.env,
        init_env=read.init_env,
        version=addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version,
        source="add-on",
        ipv6_cluster=cluster.ip_family == IPV6,
    )


def refusal(settings: Effective, types: Iterable[str] = ()) -> str | None:
    """Return why ipamd would not start with these settings, on one of ``types``; else None."""
    known = limits()
    found = settings.contradictions
    if any(each in known and known[each].nitro is False for each in types):
        found = (*found, *without_nitro(settings))
    return next((each.statement for each in found if each.rule in precedence.REFUSED), None)


def provisioning_off(settings: Effective) -> str | None:
    """Return the variable that leaves the pool to others; then no model tells what a node takes."""
    return next((name for name in precedence.PROVISIONING_OFF if settings.flag(name)), None)


def node_need(
    settings: Effective, instance_type: str, *, custom_ami: bool = False, primary: bool = True
) -> NodeNeed | None:
    """Return what a new node of a type takes, None where the type is not a known one.

    With ``custom_ami`` the kubelet's max-pods is whatever its bootstrap sets. Without ``primary``
    the node's own subnet is closed to pods (``kubernetes.io/role/cni`` is 0).
    """
    limit = limits().get(instance_type)
    if limit is None:
        return None
    targets = pool_targets(settings)
    answer = most_pods(limit, targets)
    recommended = answer.recommended if answer else ipv6_max_pods(limit)
    kubelet = None if custom_ami else recommended
    shape = shape_of(limit, max_pods=kubelet)
    if not primary and not targets.ipv6:
        targets = _closed(targets)
    uncapped = (answer.uncapped if answer else None) or 0
    full = kubelet if kubelet is not None else uncapped
    branches = limit.max_branch_enis if has_trunk(shape, targets) else 0
    empty, filled = pool(shape, targets, 0), pool(shape, targets, full)
    most = _take(filled, targets)
    return NodeNeed(
        instance_type=instance_type,
        mode=mode_of(shape, targets),
        max_pods=kubelet,
        least=_take(empty, targets),
        most=Take(own=most.own, rest=most.rest.plus(Need(addresses=branches or 0))),
        least_enis=empty.enis,
        most_enis=filled.enis + (branches or 0),
        pending=max(filled.pending - HOST_NETWORK_PODS, 0),
        open_ended=_open_ended(limit, branches),
    )


def most_pods(limit: InstanceLimit, targets: PoolTargets) -> MaxPods | None:
    """Return how many pods a type can run under the settings; None with IPv6, where none count."""
    if targets.ipv6:
        return None
    mode = Mode.PREFIX if targets.prefix_delegation else Mode.SECONDARY_IP
    return max_pods(
        limit, mode, custom_networking=targets.custom_networking, max_eni=targets.max_eni
    )


def _closed(targets: PoolTargets) -> PoolTargets:
    """Return the targets of a node whose primary interface holds no pods, wherever others are."""
    values = {name: getattr(targets, name) for name in PoolTargets.__dataclass_fields__}
    return PoolTargets(**{**values, "custom_networking": True})


def _open_ended(limit: InstanceLimit, branches: int | None) -> str | None:
    if branches is None:
        return f"how many branch interfaces {limit.instance_type} may have is not known"
    return None


def _take(held: Pool, targets: PoolTargets) -> Take:
    """Split what a node holds: the primary interface's share, and the other interfaces'."""
    prefix = held.mode is Mode.PREFIX and not targets.ipv6
    first, others = held.per_eni[0], sum(held.per_eni[1:])
    interfaces = held.enis - 1
    if prefix:
        own = Need(addresses=1, blocks=first)
        return Take(own=own, rest=Need(addresses=interfaces, blocks=others))
    return Take(own=Need(addresses=1 + first), rest=Need(addresses=interfaces + others))
