"""CoreDNS and kube-proxy as their EKS add-ons are set: replicas, shutdown, the proxy's mode."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.branch import UNNAMED
from eksnet.cni.env_vars import read_number, read_version
from eksnet.cni.membership import nodes_by_cluster
from eksnet.cni.settings import read_values
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, addon_by_cluster_and_name

SERVICES = "https://docs.aws.amazon.com/eks/latest/best-practices/scale-cluster-services.html"
COREDNS, PROXY = "coredns", "kube-proxy"
NODES_EACH, CORES_EACH = 16, 256  # EKS best practices, cluster services: max(nodes/16, cores/256)
LEAST = 2  # EKS user guide, coredns: the add-on's own number of replicas
LAMEDUCK = 30  # EKS best practices, cluster services: seconds
DEPRECATED = (1, 35)  # kubernetes/enhancements KEP-5495: the ipvs mode of kube-proxy
_PART = r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|ns)"  # Go's time.ParseDuration: numbers with units
_LAMEDUCK = re.compile(rf"\blameduck\s+((?:{_PART})+)(?!\S)")
_SECONDS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def _values(configuration: str | None) -> Mapping[str, Any] | None:
    """Read an add-on's configurationValues; None where they can't be read."""
    try:
        return read_values(configuration)
    except ValueError:
        return None


def _unseen(snapshot: Snapshot, cluster: Cluster, api: str, error: str, message: str) -> Unseen:
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api=api,
        error=error,
        message=message,
    )


def _settings(
    snapshot: Snapshot, name: str
) -> Iterator[tuple[Cluster, Mapping[str, Any] | Unseen]]:
    """Yield each cluster with its add-on's settings, or why they are not known.

    Auto Mode runs both by itself, unless the add-on is there as well.
    """
    for cluster in snapshot.clusters:
        addon = addon_by_cluster_and_name(snapshot).get((cluster.name, name))
        if addon is None:
            if not cluster.auto_mode:
                text = f"{name} is no EKS add-on here: Kubernetes alone knows its settings"
                yield cluster, _unseen(snapshot, cluster, f"kubernetes:{name}", "NotRead", text)
            continue
        values = _values(addon.configuration)
        text = f"the settings of {name} could not be read"
        yield (
            cluster,
            _unseen(snapshot, cluster, "eks:DescribeAddon", "Unreadable", text)
            if values is None
            else values,
        )


@check(
    id="DNS001",
    title="CoreDNS has replicas for the size of the cluster",
    severity=Severity.MEDIUM,
    needs={
        Facet.CLUSTERS,
        Facet.ADDON_COREDNS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCE_TYPES,
    },
    source=SERVICES,
    rules=(217,),
    since="0.2.0",
)
def coredns_replicas(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Every lookup of every pod goes to CoreDNS; the add-on runs two replicas however many ask.

    The best-practices guide scales it with the cluster: a replica for each 16 nodes or 256 cores,
    whichever is more, and never fewer than two. The add-on does so by itself with autoScaling.

    **Passes** with autoScaling on and no lower maxReplicas, or with replicas enough. **Fails**
    medium with fewer than two, low with fewer than the size asks for. **Unknown** where CoreDNS is
    no EKS add-on, and where the size asks for more than two and the add-on names no number: one set
    with kubectl or by an autoscaler is visible only in Kubernetes. Counted are the running
    instances that are nodes.

    **What to do.** Set `autoScaling.enabled` to true in the add-on's configuration.
    """
    for cluster, settings in _settings(snapshot, COREDNS):
        if isinstance(settings, Unseen):
            yield settings
        else:
            yield _replicas(snapshot, cluster, settings)


def _replicas(snapshot: Snapshot, cluster: Cluster, settings: Mapping[str, Any]) -> Answer:
    vcpus = {each.name: each.vcpus for each in snapshot.instance_types if each.vcpus}
    nodes = [n for n in nodes_by_cluster(snapshot).get(cluster.name, ()) if n.state == "running"]
    strange = sorted({node.type for node in nodes} - vcpus.keys())
    cores = sum(vcpus.get(node.type, 0) for node in nodes)
    needed = max(LEAST, math.ceil(len(nodes) / NODES_EACH), math.ceil(cores / CORES_EACH))
    section = settings.get("autoScaling")
    scaling = section if isinstance(section, dict) else {}
    scales = scaling.get("enabled") in (True, "true")
    found = scaling.get("maxReplicas") if scales else settings.get("replicaCount", LEAST)
    seen: dict[str, Any] = {"nodes": len(nodes), "needed": needed, "auto_scaling": scales}
    resource = cluster_resource(snapshot, cluster)
    if scales and found is None:
        return passed(resource, "scales by itself", cluster=cluster.name, **seen)
    count = read_number(str(found))
    if count is None:
        text = f"the number of replicas can't be read: {found!r}"
        return _unseen(snapshot, cluster, "eks:DescribeAddon", "Unreadable", text)
    named = scales or "replicaCount" in settings
    how = " at most" if scales else "" if named else f" ({UNNAMED})"
    text = f"replicas{how}: {count}; wanted for {len(nodes)} nodes: {needed}"
    if count < needed and not named:
        return _unseen(snapshot, cluster, f"kubernetes:{COREDNS}", "NotRead", text)
    if count < needed:
        severity = Severity.MEDIUM if count < LEAST else Severity.LOW
        return failed(resource, text, cluster=cluster.name, severity=severity, **seen)
    if strange:
        text = f"the cores of {', '.join(strange)} are not known"
        return _unseen(snapshot, cluster, "ec2:DescribeInstanceTypes", "NotListed", text)
    return passed(resource, text, cluster=cluster.name, **seen)


@check(
    id="DNS002",
    title="A Corefile of your own lets CoreDNS finish what was asked",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.ADDON_COREDNS},
    source=SERVICES,
    rules=(218,),
    since="0.2.0",
)
def lameduck(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A CoreDNS pod that stops at once leaves lookups unanswered that nodes still send to it.

    For a while after a pod begins to stop, kube-proxy on some nodes still sends to it. With
    `lameduck` in the health plugin it answers until then; the best-practices guide asks for 30
    seconds.

    **Passes** where the Corefile in the add-on's configuration has lameduck of 30 seconds or more.
    **Fails** low where it has less or none. Clusters with the add-on's own Corefile, which AWS
    changes with versions, are not judged. **Unknown** where CoreDNS is no EKS add-on.

    **What to do.** Write `health { lameduck 30s }` into the Corefile.
    """
    for cluster, settings in _settings(snapshot, COREDNS):
        if isinstance(settings, Unseen):
            yield settings
            continue
        corefile = settings.get("corefile")
        if not corefile:
            continue
        lines = [line.partition("#")[0] for line in str(corefile).splitlines()]
        found = [_seconds(each[1]) for each in _LAMEDUCK.finditer("\n".join(lines))]
        seconds = max(found, default=0.0)
        resource = cluster_resource(snapshot, cluster)
        text = f"lameduck is {seconds:g} seconds" if found else "the Corefile has no lameduck"
        answer = passed if seconds >= LAMEDUCK else failed
        yield answer(resource, text, cluster=cluster.name, positive=True, seconds=seconds)


def _seconds(duration: str) -> float:
    return sum(float(n) * _SECONDS[unit] for n, unit in re.findall(_PART, duration))


@check(
    id="DNS003",
    title="kube-proxy does not run in the deprecated IPVS mode",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.ADDON_KUBE_PROXY},
    source="https://github.com/kubernetes/enhancements/issues/5495",
    rules=(224,),
    since="0.2.0",
)
def ipvs(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Kubernetes 1.35 deprecates kube-proxy's IPVS mode, and a later version takes it away.

    The best-practices guide still recommends IPVS for more than a thousand Services, where iptables
    is slow. Its successor for that is nftables; IPVS gets no repairs any more.

    **Passes** in another mode, and below 1.35 in any. **Fails** in IPVS mode from 1.35. **Unknown**
    where kube-proxy is no EKS add-on.

    **What to do.** Change the mode to nftables, or to iptables for fewer Services, on new nodes
    first: nodes keep the rules of both modes until they restart.
    """
    for cluster, settings in _settings(snapshot, PROXY):
        if isinstance(settings, Unseen):
            yield settings
            continue
        mode = " ".join(str(settings.get("mode") or "iptables").split())
        resource, version = cluster_resource(snapshot, cluster), read_version(cluster.version)
        if mode != "ipvs" or (version and version[:2] < DEPRECATED):
            text = f"mode {mode} in {cluster.version}"
            yield passed(resource, text, cluster=cluster.name, positive=True, mode=mode)
        elif version is None:
            text = f"mode {mode}, in a version that can't be read"
            yield _unseen(snapshot, cluster, "eks:DescribeCluster", "Unreadable", text)
        else:
            text = f"mode {mode}, deprecated since 1.35, in {cluster.version}"
            yield failed(resource, text, cluster=cluster.name, positive=True, mode=mode)
