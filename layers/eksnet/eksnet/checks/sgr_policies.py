"""Network policies of the VPC CNI: what is set beside them, and whether they leave logs."""

from collections.abc import Iterator
from typing import Any

from eksnet.capacity.prefix_mode import settled
from eksnet.cni.branch import UNNAMED
from eksnet.cni.effective import Effective
from eksnet.cni.policies import AGENT, CLOUDWATCH, EVENT_LOGS, SWITCH, Policies, policies
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.cni_settings import unread
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.record import record
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot

NEEDS = frozenset({Facet.CLUSTERS, Facet.ADDON_VPC_CNI})
README = "https://github.com/aws/amazon-vpc-cni-k8s/blob/v1.23.1/README.md"
GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/network-security.html"
BANDWIDTH, MODE = "ENABLE_BANDWIDTH_PLUGIN", "NETWORK_POLICY_ENFORCING_MODE"
STRICT = "strict"  # README of the VPC CNI: a new pod is denied everything until a policy comes
CONTROLLER = "controllerManager"  # EKS API reference: LogType


@record
class _Judged:
    """A cluster with what its CNI's add-on sets."""

    cluster: Cluster
    settings: Effective
    policies: Policies

    @property
    def switch(self) -> str:
        """Return the switch of network policies for a message, saying so where nobody set it."""
        told = "" if self.policies.named else f" ({UNNAMED})"
        return f"{SWITCH} is {str(self.policies.on).lower()}{told}"


def _judged(snapshot: Snapshot) -> Iterator[_Judged | Unseen]:
    """Yield each cluster that may run the VPC CNI, or why its settings are not known."""
    for cluster, settings in settled(snapshot):
        found = policies(snapshot, cluster)
        if isinstance(settings, Unread):
            yield unread(cluster_resource(snapshot, cluster), cluster, settings)
        elif isinstance(found, Unread):
            yield unread(cluster_resource(snapshot, cluster), cluster, found)
        else:
            yield _Judged(cluster=cluster, settings=settings, policies=found)


@check(
    id="SGR009",
    title="The bandwidth plugin and network policies are not both on",
    severity=Severity.HIGH,
    needs=NEEDS,
    source=README,
    rules=(202,),
    profiles={Profile.SECURITY},
    since="0.2.0",
)
def no_bandwidth_plugin(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """The bandwidth plugin takes the place in the kernel in which network policies are enforced.

    Both use the traffic control of the pod's interface. With both on, enforcing fails: a policy is
    there, and what it forbids passes.

    The add-on's configuration is what is read: a variable changed on the DaemonSet itself is
    visible only in Kubernetes.

    **Passes** with one of the two on. **Fails** with both. Clusters with neither are not judged.

    **What to do.** Take ENABLE_BANDWIDTH_PLUGIN out of the add-on's configuration, or enforce
    policies by another engine.
    """
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
            continue
        plugin = each.settings.flag(BANDWIDTH)
        if plugin or each.policies.on:
            text = f"{BANDWIDTH} is {str(plugin).lower()}, {each.switch}"
            answer = failed if plugin and each.policies.on else passed
            resource = cluster_resource(snapshot, each.cluster)
            seen: dict[str, Any] = {BANDWIDTH: plugin, SWITCH: each.policies.on}
            yield answer(resource, text, cluster=each.cluster.name, positive=True, **seen)


@check(
    id="SGR010",
    title="Strict enforcing of network policies has its agent",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=README,
    rules=(201,),
    profiles={Profile.SECURITY},
    since="0.2.0",
)
def strict_with_agent(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Strict mode promises that a new pod is denied everything until a policy allows something.

    The network policy agent keeps that promise. While it is switched off nothing is denied, and
    where it was taken away pods wait for it and don't start.

    The add-on's configuration is what is read: a value changed on the DaemonSet or the ConfigMap
    itself is visible only in Kubernetes.

    **Passes** where enableNetworkPolicy is true. **Fails** where it is not. Judged are clusters
    whose add-on sets NETWORK_POLICY_ENFORCING_MODE to strict.

    **What to do.** Set enableNetworkPolicy to true in the add-on's configuration, or take
    NETWORK_POLICY_ENFORCING_MODE out of it.
    """
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
        elif (each.settings.settings[MODE].given or "").lower() == STRICT:
            answer = passed if each.policies.on else failed
            text = f"{MODE} is {STRICT}, {each.switch}"
            resource = cluster_resource(snapshot, each.cluster)
            seen: dict[str, Any] = {SWITCH: each.policies.on}
            yield answer(resource, text, cluster=each.cluster.name, positive=True, **seen)


@check(
    id="SGR011",
    title="Network policies leave logs",
    severity=Severity.LOW,
    needs=NEEDS,
    source=GUIDE,
    rules=(204,),
    profiles={Profile.SECURITY},
    since="0.2.0",
)
def policies_logged(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A connection that a policy denied looks like one that nobody answered, unless a log says so.

    The agent on the node writes what it allowed and denied, to CloudWatch Logs if it is told so.
    Which policies it was given is decided by a controller in the control plane, whose log is the
    controller manager's.

    The add-on's configuration is what is read: a flag changed on the DaemonSet itself is visible
    only in Kubernetes.

    **Passes** where nodeAgent.enablePolicyEventLogs and nodeAgent.enableCloudWatchLogs are true and
    the control plane logs controllerManager. **Fails**, low, otherwise; an agent of one's own may
    carry the node's file elsewhere. **Unknown** where EKS told no log types. Judged are clusters
    whose add-on enforces network policies.

    **What to do.** Set both in the add-on's configuration, give the CNI's role permission to write
    to CloudWatch Logs, and turn the controllerManager log type on.
    """
    for each in _judged(snapshot):
        if isinstance(each, Unseen):
            yield each
        elif each.policies.on:
            yield _logs(snapshot, each)


def _logs(snapshot: Snapshot, each: _Judged) -> Answer:
    resource, kinds = cluster_resource(snapshot, each.cluster), each.cluster.log_types
    told = {EVENT_LOGS: each.policies.event_logs, CLOUDWATCH: each.policies.cloudwatch}
    lacking = [f"{AGENT}.{name}" for name, on in told.items() if not on]
    if kinds is not None and CONTROLLER not in kinds:
        lacking.append(f"the log type {CONTROLLER}")
    seen: dict[str, Any] = {**told, "log_types": kinds}
    if lacking:
        text = f"not on: {', '.join(lacking)}"
        return failed(resource, text, cluster=each.cluster.name, positive=True, **seen)
    if kinds is None:
        why = Unread(api="eks:DescribeCluster", error="NotInAnswer")
        return unread(resource, each.cluster, why, "the answer tells no log types")
    text = f"the agent and {CONTROLLER} write logs"
    return passed(resource, text, cluster=each.cluster.name, positive=True, **seen)
