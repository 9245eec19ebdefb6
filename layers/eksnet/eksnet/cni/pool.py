"""The addresses that ipamd takes for one node, in closed form.

The rules are those of aws/amazon-vpc-cni-k8s v1.23.1, pkg/ipamd/ipamd.go (isDatastorePoolTooLow,
tryAssignIPs, tryAssignPrefixes, GetENIResourcesToAllocate, hasRoomForEni). The figures hold for
pods that come one after the other, the pool settling in between, and for pods packed tightly:
after churn a node may hold more, never less. Pods with the host's network take no address and are
not counted; neither are pods with branch interfaces. ``pool_steps`` plays the same rules step by
step.
"""

from collections.abc import Iterator

from eksnet.cni.limits import InstanceLimit, limits
from eksnet.cni.max_pods import PREFIX_ADDRESSES, Mode
from eksnet.model.errors import InputError
from eksnet.model.record import record


@record
class NodeShape:
    """What a node can hold. None means that the sources do not say.

    ``max_enis`` counts the default network card's interfaces, ``ips_per_eni`` the primary address
    of each too. ``max_pods`` is the kubelet's; without it the pool never stops early.
    """

    instance_type: str
    max_enis: int
    ips_per_eni: int
    nitro: bool | None
    trunk_compatible: bool | None = None
    max_pods: int | None = None

    @property
    def slots_per_eni(self) -> int:
        """Return what hangs on an interface beside its own address: IPs, or /28 prefixes."""
        return self.ips_per_eni - 1


@record
class PoolTargets:
    """The settings that size the pool, as ipamd reads them; see ``effective.pool_targets``.

    ``warm_ip`` and ``minimum_ip`` are None when unset. ``warm_prefix`` is what the manifest, the
    Helm chart and the add-on set; ipamd itself has 0. ``unmanaged_enis`` counts the node's
    interfaces tagged no_manage, whose own addresses are not part of the pool.
    """

    warm_eni: int = 1
    warm_ip: int | None = None
    minimum_ip: int | None = None
    warm_prefix: int = 1
    prefix_delegation: bool = False
    custom_networking: bool = False
    max_eni: int | None = None
    pod_eni: bool = False
    unmanaged_enis: int = 0
    ipv6: bool = False

    @property
    def ip_targets(self) -> bool:
        """Tell whether WARM_IP_TARGET or MINIMUM_IP_TARGET rule; then the others are ignored."""
        return bool(self.warm_ip or self.minimum_ip)


@record
class Pool:
    """What one node holds. IPv4 only: with IPv6 the one /80 prefix takes no IPv4 address.

    ``enis`` counts the primary and the trunk. ``slots`` are addresses, or prefixes in prefix mode;
    ``per_eni`` has the slots of each interface, the primary first, the trunk (always 0) last.
    ``pods`` are those that get an address, ``pending`` the rest. With custom networking
    ``pod_subnet_addresses`` come from the ENIConfig's subnet; otherwise all come from the node's,
    or from what subnet discovery finds. ``assumed`` are sentences, one for each thing not known.
    """

    mode: Mode
    enis: int
    slots: int
    ips: int
    prefixes: int
    pods: int
    pending: int
    unused_ips: int
    per_eni: tuple[int, ...]
    node_subnet_addresses: int
    pod_subnet_addresses: int
    stopped_by_max_pods: bool
    assumed: tuple[str, ...] = ()

    @property
    def subnet_addresses(self) -> int:
        """Return all addresses that the node takes: the pool, and one of each interface."""
        return self.node_subnet_addresses + self.pod_subnet_addresses

    @property
    def exhausted(self) -> bool:
        """Tell whether some pods get no address."""
        return self.pending > 0


def node_shape(instance_type: str, *, max_pods: int | None = None) -> NodeShape | None:
    """Return what a node of a type can hold, None where the type is not among the known ones."""
    limit = limits().get(instance_type)
    return None if limit is None else shape_of(limit, max_pods=max_pods)


def shape_of(limit: InstanceLimit, *, max_pods: int | None = None) -> NodeShape:
    """Return what a node with these limits can hold; ``max_pods`` is the kubelet's."""
    return NodeShape(
        instance_type=limit.instance_type,
        max_enis=limit.max_enis,
        ips_per_eni=limit.ipv4_per_eni,
        nitro=limit.nitro,
        trunk_compatible=limit.trunking,
        max_pods=max_pods,
    )


def mode_of(shape: NodeShape, targets: PoolTargets) -> Mode:
    """Return how the node gives addresses: without Nitro ipamd falls back to secondary IPs."""
    return Mode.PREFIX if targets.prefix_delegation and shape.nitro else Mode.SECONDARY_IP


def has_trunk(shape: NodeShape, targets: PoolTargets) -> bool:
    """Tell whether a trunk takes a place; ipamd takes an unknown type for a compatible one."""
    wanted = targets.pod_eni and shape.trunk_compatible is not False
    return wanted and _managed(shape, targets) > 1


def pod_enis(shape: NodeShape, targets: PoolTargets) -> int:
    """Return how many interfaces may hold pods: MAX_ENI, unmanaged, trunk, primary respected."""
    left = _managed(shape, targets) - has_trunk(shape, targets)
    return left - 1 if targets.custom_networking else left


def pool(shape: NodeShape, targets: PoolTargets, pods: int) -> Pool:
    """Return what a node holds once ``pods`` have come one after the other.

    Raises:
        InputError: ``pods`` is negative.
    """
    if pods < 0:
        msg = f"pods {pods}: none or more are needed"
        raise InputError(msg)
    if targets.ipv6:
        return _ipv6(shape, targets, pods)
    capacity = pod_enis(shape, targets) * shape.slots_per_eni
    running = pods if shape.max_pods is None else min(pods, shape.max_pods)
    free = min(_wanted(shape, targets, running), capacity)
    slots = min(_stopped(shape, targets, running), capacity)
    return pool_of(shape, targets, pods, fill(slots, shape, targets), stopped=slots < free)


def pool_of(
    shape: NodeShape,
    targets: PoolTargets,
    pods: int,
    per_eni: tuple[int, ...],
    *,
    stopped: bool,
) -> Pool:
    """Return the pool with the slots of each interface given, the trunk left out."""
    mode = mode_of(shape, targets)
    prefix = mode is Mode.PREFIX
    slots = sum(per_eni)
    ips = slots * PREFIX_ADDRESSES if prefix else slots
    placed = min(pods, ips if shape.max_pods is None else min(ips, shape.max_pods))
    trunk = has_trunk(shape, targets)
    # The resource controller too uses the ENIConfig's subnet: its pkg/aws/ec2/instance.go
    own = 1 if targets.custom_networking else len(per_eni) + trunk
    theirs = len(per_eni) + trunk - own
    return Pool(
        mode=mode,
        enis=len(per_eni) + trunk,
        slots=slots,
        ips=ips,
        prefixes=slots if prefix else 0,
        pods=placed,
        pending=pods - placed,
        unused_ips=ips - placed,
        per_eni=(*per_eni, *([0] * trunk)),
        node_subnet_addresses=own + (0 if targets.custom_networking else ips),
        pod_subnet_addresses=theirs + (ips if targets.custom_networking else 0),
        stopped_by_max_pods=stopped,
        assumed=tuple(_assumed(shape, targets)),
    )


def fill(slots: int, shape: NodeShape, targets: PoolTargets) -> tuple[int, ...]:
    """Return the slots of each interface: ipamd fills one before it makes the next."""
    each = shape.slots_per_eni
    filled = tuple(min(each, slots - start) for start in range(0, slots, each or 1))
    return (0, *filled) if targets.custom_networking else filled or (0,)


def _managed(shape: NodeShape, targets: PoolTargets) -> int:
    most = shape.max_enis if targets.max_eni is None else min(targets.max_eni, shape.max_enis)
    return max(1, most - targets.unmanaged_enis)  # the primary is always managed


def _wanted(shape: NodeShape, targets: PoolTargets, pods: int) -> int:
    """Return the slots that the targets ask for, were there no limit."""
    prefix = mode_of(shape, targets) is Mode.PREFIX
    if targets.ip_targets:
        warm, least = targets.warm_ip or 0, targets.minimum_ip or 0
        ips = max(pods + warm, least) if warm else least  # MINIMUM alone never grows
        return _blocks(ips, PREFIX_ADDRESSES) if prefix else ips
    block = PREFIX_ADDRESSES if prefix else shape.slots_per_eni
    warm = targets.warm_prefix if prefix else targets.warm_eni
    if not block:
        return 0
    count = warm + _blocks(pods, block) if warm else pods // block + 1
    return count if prefix else count * block


def _stopped(shape: NodeShape, targets: PoolTargets, pods: int) -> int:
    """Return the slots once max-pods has had its say: from there on the pool is never too low."""
    wanted = _wanted(shape, targets, pods)
    if shape.max_pods is None or not shape.slots_per_eni:
        return wanted
    prefix = mode_of(shape, targets) is Mode.PREFIX
    enough = _blocks(shape.max_pods, PREFIX_ADDRESSES) if prefix else shape.max_pods
    whole = _blocks(enough, shape.slots_per_eni) * shape.slots_per_eni
    first = _wanted(shape, targets, 0)
    if first >= enough:  # an empty node already asks for that much, an interface at a time
        return min(first, whole)
    by_interface = not prefix and not targets.ip_targets
    return min(wanted, whole if by_interface else enough)


def _blocks(count: int, size: int) -> int:
    return -(-count // size)


def _ipv6(shape: NodeShape, targets: PoolTargets, pods: int) -> Pool:
    """Return the IPv4 side of an IPv6 node: one /80 serves all pods, no IPv4 is taken for them."""
    placed = pods if shape.max_pods is None else min(pods, shape.max_pods)
    trunk = has_trunk(shape, targets)
    return Pool(
        mode=Mode.PREFIX,
        enis=1 + trunk,
        slots=0,
        ips=0,
        prefixes=0,
        pods=placed,
        pending=pods - placed,
        unused_ips=0,
        per_eni=(0,) * (1 + trunk),
        node_subnet_addresses=1 + trunk,
        pod_subnet_addresses=0,
        stopped_by_max_pods=False,
        assumed=tuple(_assumed(shape, targets)),
    )


def _assumed(shape: NodeShape, targets: PoolTargets) -> Iterator[str]:
    if targets.prefix_delegation and shape.nitro is None:
        yield (
            f"whether {shape.instance_type} takes prefixes is not known: secondary IPs are assumed"
        )
    if targets.pod_eni and shape.trunk_compatible is None:
        yield f"whether {shape.instance_type} takes a trunk is not known: one is assumed"
