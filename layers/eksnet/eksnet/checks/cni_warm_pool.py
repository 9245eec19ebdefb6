"""The VPC CNI's warm pool: targets that starve a node, wear out the API, or do nothing."""

from collections.abc import Callable, Iterator
from typing import Any

from eksnet.cni.branch import UNNAMED
from eksnet.cni.settings import CniSettings
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import told_settings
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot

NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})
README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/master/README.md"
WARM_IP, MINIMUM_IP = "WARM_IP_TARGET", "MINIMUM_IP_TARGET"
PREFIXES = "ENABLE_PREFIX_DELEGATION"
OVERRULED = ("WARM_ENI_TARGET", "WARM_PREFIX_TARGET")
MANIFEST = "1"  # the VPC CNI's own manifest and add-on set both to 1, v1.23.1
TARGETS = (WARM_IP, MINIMUM_IP, *OVERRULED)
Judge = Callable[[Resource, Cluster, CniSettings], Answer]


def _each(snapshot: Snapshot, judge: Judge) -> Iterator[Answer]:
    """Judge each cluster's settings; Auto Mode without the add-on has none."""
    for cluster, settings in told_settings(snapshot):
        if isinstance(settings, Unseen):
            yield settings
        else:
            yield judge(cluster_resource(snapshot, cluster), cluster, settings)


def _seen(settings: CniSettings) -> dict[str, Any]:
    return {name: settings.env.get(name, "default") for name in TARGETS}


def _told(text: str, settings: CniSettings, *names: str) -> str:
    """Return the message, saying so where it rests on a variable's default."""
    return text if all(name in settings.env for name in names) else f"{text} ({UNNAMED})"


def _ipv6(cluster: Cluster) -> bool:
    """Tell whether the cluster's pods have IPv6 addresses: then no target counts (ipamd.go)."""
    return cluster.ip_family == "ipv6"


@check(
    id="CNI003",
    title="WARM_IP_TARGET comes with MINIMUM_IP_TARGET",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=README,
    rules=(89,),
    since="0.1.0",
)
def warm_with_minimum(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """With WARM_IP_TARGET alone a node asks EC2 for addresses a few at a time, all day long.

    Each pod that starts or stops makes the node call EC2. The account's rate is shared: in a large
    or busy cluster the calls are throttled, and pods everywhere wait for addresses.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where both are set, or WARM_IP_TARGET is not, and on IPv6 clusters, where neither
    counts. **Fails** medium with WARM_IP_TARGET alone, low where prefix delegation makes the calls
    few.

    **What to do.** Set MINIMUM_IP_TARGET to the pods a node usually runs, in the add-on's
    configuration.
    """
    yield from _each(snapshot, _warm_alone)


def _warm_alone(resource: Resource, cluster: Cluster, settings: CniSettings) -> Answer:
    warm, minimum = settings.target(WARM_IP), settings.target(MINIMUM_IP)
    seen = _seen(settings)
    if _ipv6(cluster) or warm is None or minimum is not None:
        text = "no WARM_IP_TARGET that counts" if warm is None or _ipv6(cluster) else "both are set"
        text = text if _ipv6(cluster) else _told(text, settings, WARM_IP)
        return passed(resource, text, cluster=cluster.name, positive=True, **seen)
    few = settings.flag(PREFIXES, default=False)
    return failed(
        resource,
        _told(f"WARM_IP_TARGET is {warm} without {MINIMUM_IP}", settings, MINIMUM_IP, PREFIXES),
        cluster=cluster.name,
        severity=Severity.LOW if few else Severity.MEDIUM,
        positive=True,
        prefix_delegation=few,
        **seen,
    )


@check(
    id="CNI004",
    title="MINIMUM_IP_TARGET comes with WARM_IP_TARGET",
    severity=Severity.CRITICAL,
    needs=NEEDS,
    source=README,
    rules=(90,),
    since="0.1.0",
)
def minimum_with_warm(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """With MINIMUM_IP_TARGET alone a node takes that many addresses and never one more.

    An unset WARM_IP_TARGET counts as 0 as soon as MINIMUM_IP_TARGET is set. When the pods have
    used up the minimum, the node asks for nothing, and every further pod there stays in
    ContainerCreating although the subnet has room.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where both are set to more than 0, or MINIMUM_IP_TARGET is not, and on IPv6
    clusters, where neither counts. **Fails** where MINIMUM_IP_TARGET is set and WARM_IP_TARGET is
    unset, 0 or no number.

    **What to do.** Set WARM_IP_TARGET to 1 or more in the add-on's configuration.
    """
    yield from _each(snapshot, _minimum_alone)


def _minimum_alone(resource: Resource, cluster: Cluster, settings: CniSettings) -> Answer:
    warm, minimum = settings.target(WARM_IP), settings.target(MINIMUM_IP)
    seen = _seen(settings)
    if minimum is not None and warm is None and not _ipv6(cluster):
        text = f"nodes take {minimum} addresses and never more: WARM_IP_TARGET does not count"
        text = _told(text, settings, WARM_IP)
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    none = minimum is None or _ipv6(cluster)
    text = "no MINIMUM_IP_TARGET that counts" if none else "both are set"
    text = text if _ipv6(cluster) else _told(text, settings, MINIMUM_IP)
    return passed(resource, text, cluster=cluster.name, positive=True, **seen)


@check(
    id="CNI005",
    title="No warm target is set in vain",
    severity=Severity.LOW,
    needs=NEEDS,
    source=README,
    rules=(92,),
    since="0.1.0",
)
def no_dead_target(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """WARM_IP_TARGET and MINIMUM_IP_TARGET overrule WARM_ENI_TARGET and WARM_PREFIX_TARGET.

    A value that does nothing misleads whoever reads the configuration in an incident.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where neither IP target counts, or where the two others are unset or at 1, as the
    manifest has them. **Fails** where one of them has another value beside an IP target that
    counts, or any target has one on an IPv6 cluster, where none counts.

    **What to do.** Take the overruled variable out of the add-on's configuration.
    """
    yield from _each(snapshot, _dead_target)


def _dead_target(resource: Resource, cluster: Cluster, settings: CniSettings) -> Answer:
    counts = [name for name in (WARM_IP, MINIMUM_IP) if settings.target(name) is not None]
    overruled: tuple[str, ...] = OVERRULED if counts else ()
    reason = f"{' and '.join(counts)} overrules it"
    if _ipv6(cluster):
        overruled, reason = TARGETS, "an IPv6 cluster's CNI reads none"
    dead = [
        f"{name}={settings.env[name]}"
        for name in overruled
        if name in settings.env and not (name in OVERRULED and settings.env[name] == MANIFEST)
    ]
    seen = _seen(settings)
    if dead:
        text = " ".join(f"{', '.join(dead)} does nothing: {reason}".split())
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    text = _told("every warm target that is set counts", settings, *TARGETS)
    return passed(resource, text, cluster=cluster.name, positive=True, **seen)
