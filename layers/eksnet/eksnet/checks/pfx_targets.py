"""The warm targets of clusters in prefix mode: prefixes come whole, sixteen addresses at a time."""

from collections.abc import Callable, Iterator
from typing import Any

from eksnet.capacity.node_need import provisioning_off
from eksnet.capacity.prefix_mode import settled
from eksnet.cni.branch import UNNAMED
from eksnet.cni.effective import Effective, Origin
from eksnet.cni.max_pods import PREFIX_ADDRESSES
from eksnet.cni.precedence import MINIMUM_IP, PREFIX_DELEGATION, TARGETS, WARM_IP, WARM_PREFIX
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Resource, Snapshot

NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})
TABLE = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/docs/prefix-and-ip-target.md"
STARVING = "prefixes-without-warm"  # the rule of cni.precedence
Judge = Callable[[Resource, Cluster, Effective], Answer]


def _each(snapshot: Snapshot, judge: Judge) -> Iterator[Answer]:
    """Judge the clusters whose settings are known; IPv6 and secondary IPs pass.

    So do those where others size the pool: no target counts there.
    """
    for cluster, settings in settled(snapshot):
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            yield Unseen(
                resource=resource,
                cluster=cluster.name,
                api=settings.api,
                error=settings.error,
                message="the VPC CNI's settings could not be read",
            )
        elif cluster.ip_family == "ipv6" or not settings.flag(PREFIX_DELEGATION):
            text = "pods get no IPv4 prefixes"
            text = text if cluster.ip_family == "ipv6" else _told(text, settings, PREFIX_DELEGATION)
            yield passed(resource, text, cluster=cluster.name, positive=True, **_seen(settings))
        elif off := provisioning_off(settings):
            text = f"no warm target counts: {off}=true"
            yield passed(resource, text, cluster=cluster.name, positive=True, **_seen(settings))
        else:
            yield judge(resource, cluster, settings)


def _told(text: str, settings: Effective, *names: str) -> str:
    """Return the message, saying so where it rests on a variable's default."""
    named = all(settings.settings[name].origin is Origin.SET for name in names)
    return text if named else f"{text} ({UNNAMED})"


def _seen(settings: Effective) -> dict[str, Any]:
    return {name: settings.value(name) for name in (PREFIX_DELEGATION, *TARGETS)}


@check(
    id="PFX005",
    title="Prefix mode keeps addresses warm",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=TABLE,
    rules=(102,),
    since="0.2.0",
)
def prefix_kept_warm(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """With WARM_PREFIX_TARGET=0 and no IP target every sixteenth pod waits for EC2.

    The VPC CNI's documentation calls that unsupported with prefix delegation: a node asks for the
    next prefix only when no address is left.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with WARM_PREFIX_TARGET of 1 or more, with WARM_IP_TARGET or MINIMUM_IP_TARGET, and
    where pods get no IPv4 prefixes or the add-on is told to provision nothing. **Fails** with
    neither.

    **What to do.** Set WARM_PREFIX_TARGET to 1 in the add-on's configuration, or WARM_IP_TARGET and
    MINIMUM_IP_TARGET where addresses are short.
    """
    yield from _each(snapshot, _warm)


def _warm(resource: Resource, cluster: Cluster, settings: Effective) -> Answer:
    found = [each.statement for each in settings.contradictions if each.rule == STARVING]
    seen = _seen(settings)
    if found:
        return failed(resource, found[0], cluster=cluster.name, positive=True, **seen)
    text = _told("a prefix or IP target keeps addresses warm", settings, WARM_PREFIX)
    return passed(resource, text, cluster=cluster.name, positive=True, **seen)


@check(
    id="PFX006",
    title="IP targets in prefix mode ask for no more than a whole prefix",
    severity=Severity.LOW,
    needs=NEEDS,
    source=TABLE,
    rules=(103, 104),
    since="0.2.0",
    profiles={Profile.COST},
)
def whole_prefixes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In prefix mode IP targets are met by whole prefixes, and what they round up to is taken.

    A WARM_IP_TARGET of 16 or more always keeps a whole prefix idle beside the one in use; below 16
    a node saves addresses, which is the reason to set it. A MINIMUM_IP_TARGET of 20 takes 32
    addresses, not 20.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with a WARM_IP_TARGET below 16 and a MINIMUM_IP_TARGET that is a multiple of 16, with
    either unset, and where pods get no IPv4 prefixes or the add-on is told to provision nothing.
    **Fails**, low, otherwise.

    **What to do.** Set WARM_IP_TARGET below 16, and MINIMUM_IP_TARGET to the multiple of 16 that
    holds the pods a node usually runs.
    """
    yield from _each(snapshot, _rounded)


def _rounded(resource: Resource, cluster: Cluster, settings: Effective) -> Answer:
    warm, minimum = settings.number(WARM_IP), settings.number(MINIMUM_IP)
    said = []
    if warm is not None and warm >= PREFIX_ADDRESSES:
        said.append(f"{WARM_IP}={warm} keeps a whole prefix idle")
    if minimum is not None and minimum % PREFIX_ADDRESSES:
        taken = -(-minimum // PREFIX_ADDRESSES) * PREFIX_ADDRESSES
        said.append(f"{MINIMUM_IP}={minimum} takes {taken} addresses")
    seen = _seen(settings)
    if said:
        text = "; ".join(said)
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    text = _told("no IP target asks for part of a prefix", settings, WARM_IP, MINIMUM_IP)
    return passed(resource, text, cluster=cluster.name, positive=True, **seen)
