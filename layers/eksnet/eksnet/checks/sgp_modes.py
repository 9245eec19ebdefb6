"""Security groups for pods: the enforcing mode, and what has to fit it."""

from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.capacity.prefix_mode import settled
from eksnet.cni.branch import POD_ENI, UNNAMED
from eksnet.cni.effective import Effective, Origin
from eksnet.cni.env_vars import read_flag, read_version
from eksnet.cni.policies import policies
from eksnet.cni.precedence import EARLY_DEMUX, ENFORCING_MODE, EXTERNAL_SNAT
from eksnet.cni.settings import ADDON, CniSettings, read_values, settings_of
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import IPV6, unread
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.record import record
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, addon_by_cluster_and_name

NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})
GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/sgpp.html"
USER_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/security-groups-for-pods.html"
README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
IPVS_ISSUE = "https://github.com/aws/amazon-vpc-cni-k8s/issues/2982"
STRICT, STANDARD = "strict", "standard"  # README of the VPC CNI: ENFORCING_MODE's only values
PROXY, IPVS = "kube-proxy", "ipvs"


@record
class _Judged:
    """A cluster whose pods may have interfaces of their own, and what its CNI makes of them.

    ``mode`` is that in effect. ``told`` says in brackets where nobody named it.
    """

    cluster: Cluster
    settings: Effective
    mode: str
    told: str

    @property
    def seen(self) -> dict[str, Any]:
        """Return the evidence that every answer gives."""
        return {"mode": self.mode, "named": not self.told}


def _judged(snapshot: Snapshot, *, only_ipv4: bool = False) -> Iterator[_Judged | Unseen]:
    """Yield each cluster with ENABLE_POD_ENI on, or why its settings are not known."""
    for cluster, settings in settled(snapshot):
        if only_ipv4 and cluster.ip_family == IPV6:
            continue
        if isinstance(settings, Unread):
            yield unread(cluster_resource(snapshot, cluster), cluster, settings)
        elif settings.flag(POD_ENI):
            one = settings.settings[ENFORCING_MODE]
            standard = (one.value or "").lower() == STANDARD
            yield _Judged(
                cluster=cluster,
                settings=settings,
                mode=STANDARD if standard else STRICT,
                told="" if one.origin is Origin.SET else f" ({UNNAMED})",
            )


@check(
    id="SGP009",
    title="The enforcing mode is one that the CNI knows",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=GUIDE,
    rules=(161,),
    profiles={Profile.CORE},
    since="0.2.0",
)
def mode_known(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A mode that the CNI does not know is the strict one, whatever somebody meant.

    POD_SECURITY_GROUP_ENFORCING_MODE came with v1.11.0; before it everything is strict. Later
    versions know strict and standard, and take any other text for strict.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** where the mode is not set, or strict or standard with v1.11.0 or later. **Fails**
    with another text or an earlier version. Judged are clusters with ENABLE_POD_ENI on.

    **What to do.** Set it to strict or standard, and update the add-on where it is too old.
    """
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
            continue
        resource, one = cluster_resource(snapshot, each.cluster), each.settings.settings
        setting = one[ENFORCING_MODE]
        version = addon_by_cluster_and_name(snapshot)[each.cluster.name, ADDON].version
        seen = {**each.seen, "version": version, "given": setting.given}
        wrong = setting.problem or (setting.ignored if setting.given is not None else None)
        if setting.given is not None and read_version(version) is None:
            why = Unread(api="eks:DescribeAddon", error="UnreadableVersion")
            text = f"the add-on's version {version!r} could not be read"
            yield unread(resource, each.cluster, why, text)
        elif wrong:
            text = f"{ENFORCING_MODE}={setting.given!r} on {version}: {wrong}"
            yield failed(resource, text, cluster=each.cluster.name, positive=True, **seen)
        else:
            text = f"the mode is {each.mode}{each.told}"
            yield passed(resource, text, cluster=each.cluster.name, positive=True, **seen)


@check(
    id="SGP010",
    title="Pods with groups and network policies are enforced in standard mode",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=GUIDE,
    rules=(158,),
    since="0.2.0",
)
def policies_fit(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In strict mode all that a pod with groups of its own sends goes out into the VPC at once.

    Even what is for its own node does. What works on the node, as network policies do, may not see
    it. The best-practices guide asks for standard mode, in which both are enforced.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes. So are the network policies of another engine, such as Calico's.

    **Passes** in standard mode. **Fails** in strict mode, the default. Judged are clusters with
    ENABLE_POD_ENI on whose add-on enforces network policies.

    **What to do.** Set POD_SECURITY_GROUP_ENFORCING_MODE to standard, then start these pods anew.
    """
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
            continue
        found = policies(snapshot, each.cluster)
        if not isinstance(found, Unread) and found.on:
            answer = passed if each.mode == STANDARD else failed
            text = f"network policies are on, the mode is {each.mode}{each.told}"
            resource = cluster_resource(snapshot, each.cluster)
            yield answer(resource, text, cluster=each.cluster.name, positive=True, **each.seen)


@check(
    id="SGP011",
    title="kube-proxy in IPVS mode comes with the standard enforcing mode",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.ADDON_KUBE_PROXY},
    source=IPVS_ISSUE,
    rules=(160,),
    profiles={Profile.CORE},
    since="0.2.0",
)
def ipvs_fits(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In strict mode a pod's packet for a Service leaves the node before IPVS has seen it.

    It goes out to the Service's address, which nobody has: pods with security groups of their own
    reach no Service. In standard mode they do.

    The add-ons' configuration is what is read: a variable changed on a DaemonSet itself is
    visible only in Kubernetes.

    **Passes** in standard mode, or with kube-proxy in another mode. **Fails** in strict mode, the
    default, with kube-proxy in IPVS mode. **Unknown** in strict mode where kube-proxy is no EKS
    add-on. Judged are clusters with ENABLE_POD_ENI on.

    **What to do.** Set POD_SECURITY_GROUP_ENFORCING_MODE to standard, then start these pods anew;
    or take kube-proxy out of IPVS mode.
    """
    for each in _judged(snapshot):
        yield each if isinstance(each, Unseen) else _proxied(snapshot, each)


def _proxied(snapshot: Snapshot, each: _Judged) -> Answer:
    resource, name = cluster_resource(snapshot, each.cluster), each.cluster.name
    text = f"the mode is {each.mode}{each.told}"
    if each.mode == STANDARD:
        return passed(resource, text, cluster=name, positive=True, **each.seen)
    addon = addon_by_cluster_and_name(snapshot).get((name, PROXY))
    if addon is None:
        why = Unread(api="kubernetes:kube-proxy", error="NotRead")
        return unread(resource, each.cluster, why, "kube-proxy's mode was not read")
    values = _values(addon.configuration)
    if values is None:
        why = Unread(api="eks:DescribeAddon", error="Unreadable")
        return unread(resource, each.cluster, why, "the settings of kube-proxy could not be read")
    proxy = " ".join(str(values.get("mode") or "iptables").split())
    answer = failed if proxy == IPVS else passed
    text = f"{text}, kube-proxy's is {proxy}"
    return answer(resource, text, cluster=name, positive=True, proxy_mode=proxy, **each.seen)


def _values(configuration: str | None) -> Mapping[str, Any] | None:
    """Read an add-on's configurationValues; None where they can't be read."""
    try:
        return read_values(configuration)
    except ValueError:
        return None


@check(
    id="SGP012",
    title="Strict enforcing lets the kubelet's probes through",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=README,
    rules=(162,),
    profiles={Profile.CORE},
    since="0.2.0",
)
def probes_pass(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In strict mode the answer to a probe comes back by another interface than the question went.

    Linux finds the connection too early, by TCP early demux, and drops it: pods with security
    groups of their own are never ready. DISABLE_TCP_EARLY_DEMUX on the init container ends that,
    at the price of a slightly slower TCP on the node itself.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with DISABLE_TCP_EARLY_DEMUX=true under init, and in standard mode. **Fails** medium
    where it is set for aws-node instead, which does not read it; low where it is not set: only pods
    with TCP or HTTP probes suffer, and those are visible only in Kubernetes. Judged are clusters
    with ENABLE_POD_ENI on.

    **What to do.** Set `init.env.DISABLE_TCP_EARLY_DEMUX` to true in the add-on's configuration.
    """
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
            continue
        own = settings_of(snapshot, each.cluster)
        given = own.env.get(EARLY_DEMUX) if isinstance(own, CniSettings) else None
        resource, off = cluster_resource(snapshot, each.cluster), each.settings.flag(EARLY_DEMUX)
        seen = {**each.seen, "early_demux_off": off}
        if off or each.mode == STANDARD:
            text = "TCP early demux is off" if off else f"the mode is {each.mode}"
            yield passed(resource, text, cluster=each.cluster.name, positive=True, **seen)
            continue
        misplaced = read_flag(given) is True
        why = "set for aws-node, which does not read it" if misplaced else "not off"
        yield failed(
            resource,
            f"TCP early demux is {why}; the mode is {each.mode}{each.told}",
            cluster=each.cluster.name,
            severity=Severity.MEDIUM if misplaced else Severity.LOW,
            positive=True,
            **seen,
        )


@check(
    id="SGP013",
    title="Standard enforcing does not swap the pods' groups for the node's",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=USER_GUIDE,
    rules=(164,),
    profiles={Profile.SECURITY},
    since="0.2.0",
)
def own_groups_outside(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """In standard mode, what a pod sends out of the VPC leaves by the node's first interface.

    The node translates it, and the node's groups decide: what the pod's own groups forbid beyond
    the VPC goes out all the same. With AWS_VPC_K8S_CNI_EXTERNALSNAT the packet keeps the
    pod's address and its groups.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** in strict mode, the default, and with AWS_VPC_K8S_CNI_EXTERNALSNAT on. **Fails** in
    standard mode without it. Judged are IPv4 clusters with ENABLE_POD_ENI on.

    **What to do.** Set AWS_VPC_K8S_CNI_EXTERNALSNAT to true once the pods' subnets leave by a NAT
    gateway.
    """
    for each in _judged(snapshot, only_ipv4=True):
        if isinstance(each, Unseen):
            yield each
            continue
        snat, keeps = each.settings.settings[EXTERNAL_SNAT], each.settings.flag(EXTERNAL_SNAT)
        told = "" if snat.origin is Origin.SET else f" ({UNNAMED})"
        text = f"the mode is {each.mode}{each.told}, {EXTERNAL_SNAT} is {snat.value}{told}"
        answer = passed if keeps or each.mode == STRICT else failed
        resource = cluster_resource(snapshot, each.cluster)
        seen = {**each.seen, "external_snat": keeps}
        yield answer(resource, text, cluster=each.cluster.name, positive=True, **seen)
