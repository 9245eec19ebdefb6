"""Values of the VPC CNI's settings that work against it, whatever the mode."""

from collections.abc import Callable, Iterator
from typing import Any

from eksnet.capacity.prefix_mode import settled
from eksnet.cni.branch import UNNAMED
from eksnet.cni.effective import Effective, Origin
from eksnet.cni.env_vars import env_vars, read_number, read_version
from eksnet.cni.settings import ADDON
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import IPV6, unread
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, addon_by_cluster_and_name

NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})
README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
IP_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/ip-opt.html"
METRICS, CLEANUP = "DISABLE_METRICS", "DISABLE_LEAKED_ENI_CLEANUP"
COOLDOWN, NFTABLES = "IP_COOLDOWN_PERIOD", "ENABLE_NFTABLES"
MTUS = ("AWS_VPC_ENI_MTU", "POD_MTU")
LEAST_MTU, LEAST_MTU_IPV6, MOST_MTU = 576, 1280, 9001  # README of the VPC CNI: AWS_VPC_ENI_MTU

Judge = Callable[[Effective], tuple[str, bool]]


def _judged(snapshot: Snapshot, judge: Judge, name: str, *, ipv6: bool = True) -> Iterator[Answer]:
    """Yield what ``judge`` says of each cluster that may run the VPC CNI: a text, and if it's well.

    ``name`` is the variable that decides; ``ipv6`` tells whether IPv6 clusters are judged.
    """
    for cluster, settings in settled(snapshot):
        if cluster.ip_family == IPV6 and not ipv6:
            continue
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            yield unread(resource, cluster, settings)
            continue
        text, well = judge(settings)
        one = settings.settings[name]
        told = "" if one.origin is Origin.SET else f" ({UNNAMED})"
        answer = passed if well else failed
        seen: dict[str, Any] = {name: one.value}
        yield answer(resource, f"{text}{told}", cluster=cluster.name, positive=True, **seen)


@check(
    id="CNI012",
    title="The CNI publishes its metrics",
    severity=Severity.LOW,
    needs=NEEDS,
    source=IP_GUIDE,
    rules=(77,),
    since="0.2.0",
)
def metrics_on(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The CNI counts its addresses, its interfaces and the errors of its calls to EC2.

    With DISABLE_METRICS nobody can read that from a node: a dashboard, an alarm and the metrics
    helper of the CNI see nothing, and a pool that runs dry is noticed by pods that do not start.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** unless DISABLE_METRICS is true. **Fails**, low, where it is. Whether anybody collects
    the metrics is not read.

    **What to do.** Take DISABLE_METRICS out of the add-on's configuration.
    """

    def judge(settings: Effective) -> tuple[str, bool]:
        off = settings.flag(METRICS)
        return f"the metrics are {'off' if off else 'on'}", not off

    yield from _judged(snapshot, judge, METRICS)


@check(
    id="CNI013",
    title="The CNI cleans up the interfaces that it leaked",
    severity=Severity.LOW,
    needs=NEEDS,
    source=README,
    rules=(78,),
    profiles={Profile.CORE, Profile.COST},
    since="0.2.0",
)
def cleanup_on(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Once an hour each node looks for interfaces that ended nodes left behind, and deletes them.

    DISABLE_LEAKED_ENI_CLEANUP saves the calls to EC2 that this takes. What is leaked then holds its
    addresses and its security groups until a person deletes it.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** unless DISABLE_LEAKED_ENI_CLEANUP is true. **Fails**, low, where it is. IPv6
    clusters, in which the CNI has no such task, are not judged.

    **What to do.** Take DISABLE_LEAKED_ENI_CLEANUP out of the add-on's configuration, or have
    something else delete what ENI001 finds.
    """

    def judge(settings: Effective) -> tuple[str, bool]:
        off = settings.flag(CLEANUP)
        return f"the cleanup of leaked interfaces is {'off' if off else 'on'}", not off

    yield from _judged(snapshot, judge, CLEANUP, ipv6=False)


@check(
    id="CNI014",
    title="The pods' MTU is one that the address family allows",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=README,
    rules=(79,),
    since="0.2.0",
)
def mtu_in_range(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """An MTU that the CNI can't take is not the one that pods get.

    Who lowers the MTU does so for a tunnel or a connection that drops larger packets: with another
    value than the one meant, large answers vanish while small ones pass.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where AWS_VPC_ENI_MTU and POD_MTU are not set, or from 576 to 9001, in IPv6 clusters
    from 1280. **Fails** where one is outside of that, or no number.

    **What to do.** Set the variable to a value in the range, or take it out of the add-on's
    configuration: 9001 is the default.
    """
    for cluster, settings in settled(snapshot):
        resource = cluster_resource(snapshot, cluster)
        if isinstance(settings, Unread):
            yield unread(resource, cluster, settings)
            continue
        least = LEAST_MTU_IPV6 if cluster.ip_family == IPV6 else LEAST_MTU
        given: dict[str, Any] = {each: settings.settings[each].given for each in MTUS}
        wrong = [f"{name}={text!r}" for name, text in given.items() if _bad_mtu(text, least)]
        named = ", ".join(f"{name}={text}" for name, text in given.items() if text is not None)
        text = f"{', '.join(wrong)}: {least} to {MOST_MTU} is allowed" if wrong else named
        text = text or f"the MTU is {settings.value(MTUS[0])} ({UNNAMED})"
        answer = failed if wrong else passed
        yield answer(resource, text, cluster=cluster.name, positive=True, **given)


def _bad_mtu(text: str | None, least: int) -> bool:
    if text is None:
        return False
    number = read_number(text)
    return number is None or not least <= number <= MOST_MTU


@check(
    id="CNI015",
    title="A freed pod address rests before it is given again",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=README,
    rules=(80,),
    since="0.2.0",
)
def cooldown(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Until every kube-proxy knows that a pod has gone, nodes still send to its address.

    IP_COOLDOWN_PERIOD, 30 seconds by default, keeps the address back for that time. With 0 the next
    pod has it at once, and gets the connections of the last one. The CNI supports 0 and strongly
    advises against it.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with any other value. **Fails** with 0.

    **What to do.** Take IP_COOLDOWN_PERIOD out of the add-on's configuration.
    """

    def judge(settings: Effective) -> tuple[str, bool]:
        seconds = settings.number(COOLDOWN)
        return f"a freed address rests {seconds} seconds", seconds != 0

    yield from _judged(snapshot, judge, COOLDOWN)


@check(
    id="CNI016",
    title="Every setting is one that the CNI's version heeds",
    severity=Severity.LOW,
    needs=NEEDS,
    source=README,
    rules=(76,),
    since="0.2.0",
)
def heeded(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A variable that this version does not know, or no longer, is set for nothing.

    ENABLE_NFTABLES is the usual one: it chose the kind of iptables, which must be that of the
    node's system and of kube-proxy. From v1.13.2 it does nothing. Others came with a version that
    the add-on does not have yet.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where the version heeds every variable that is set. **Fails**, low, where it does not
    heed one. **Unknown** where the add-on's version can't be read, and with ENABLE_NFTABLES set
    before v1.13.2: which kind the nodes' systems use is not shown.

    **What to do.** Take the variable out of the add-on's configuration, or update the add-on to the
    version that knows it.
    """
    for cluster, settings in settled(snapshot):
        if isinstance(settings, Unread):
            yield unread(cluster_resource(snapshot, cluster), cluster, settings)
        else:
            yield _heeded(snapshot, cluster, settings)


def _heeded(snapshot: Snapshot, cluster: Cluster, settings: Effective) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    version = addon_by_cluster_and_name(snapshot)[cluster.name, ADDON].version
    number = read_version(version)
    given = sorted(each.name for each in settings.settings.values() if each.given is not None)
    if number is None:
        why = Unread(api="eks:DescribeAddon", error="UnreadableVersion")
        return unread(resource, cluster, why, f"the add-on's version {version!r} could not be read")
    vain = [text for name in given if (text := _vain(name, number))]
    seen: dict[str, Any] = {"version": version, "set": given}
    if vain:
        text = f"{version} does not heed {'; '.join(vain)}"
        return failed(resource, text, cluster=cluster.name, positive=True, **seen)
    if NFTABLES in given:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="kubernetes:nodes",
            error="NotRead",
            message=f"{NFTABLES} is set; which kind of iptables the nodes use was not read",
        )
    text = f"{version} heeds every variable that is set: {', '.join(given) or 'none'}"
    return passed(resource, text, cluster=cluster.name, positive=True, **seen)


def _vain(name: str, version: tuple[int, int, int]) -> str | None:
    variable = env_vars()[name]
    since, end = read_version(variable.since), read_version(variable.deprecated)
    if since and version < since:
        return f"{name}: it came with v{variable.since}"
    if end and version >= end:
        return f"{name}: it does nothing since v{variable.deprecated}"
    return None
