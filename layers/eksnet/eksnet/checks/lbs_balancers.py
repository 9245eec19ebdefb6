"""Load balancers that Kubernetes made, as their network interfaces show them."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from eksnet.cni.eni import EniClass, class_by_eni
from eksnet.engine.check import Answer, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Resource, Snapshot, derived, grouped

BALANCING = "https://docs.aws.amazon.com/eks/latest/best-practices/load-balancing.html"
KINDS = frozenset({EniClass.LOAD_BALANCER, EniClass.NETWORK_LOAD_BALANCER})
_DESCRIPTION = re.compile(r"ELB (?:(?P<kind>app|net)/(?P<name>[^/]+)/[0-9a-f]+|(?P<classic>[^/]+))")
# k8s.io/cloud-provider DefaultLoadBalancerName: "a" and the Service's UID, a random one, cut to 32
_IN_TREE = re.compile(r"a[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{14}")
_CONTROLLER = "k8s-"  # AWS Load Balancer Controller: k8s-<namespace>-<name>-<hash>
ENOUGH = 2  # EKS best practices, subnets: load balancers in two zones at least


@record
class _Balancer:
    """A load balancer: its name, ``app``, ``net`` or ``classic``, and the zones it is in."""

    name: str
    kind: str
    vpc_id: str
    zones: tuple[str, ...]
    in_tree: bool

    @property
    def resource(self) -> Resource:
        new = self.kind != "classic"
        service = "ElasticLoadBalancingV2" if new else "ElasticLoadBalancing"
        return Resource(type=f"AWS::{service}::LoadBalancer", id=self.name)


@derived
def _balancers(snapshot: Snapshot) -> tuple[_Balancer, ...]:
    """Return the load balancers in clusters' VPCs whose names Kubernetes gives, by name."""
    vpcs = {cluster.vpc_id for cluster in snapshot.clusters}
    classes = class_by_eni(snapshot)
    zones: dict[tuple[str, str, str], set[str]] = {}
    for eni in snapshot.enis:
        match = _DESCRIPTION.fullmatch(eni.description)
        if match and eni.vpc_id in vpcs and classes[eni.id] in KINDS:
            name = match["name"] or match["classic"]
            kind = match["kind"] or "classic"
            zones.setdefault((name, kind, eni.vpc_id), set()).add(eni.az)
    found = []
    for (name, kind, vpc_id), places in sorted(zones.items()):
        in_tree = _IN_TREE.fullmatch(name) is not None
        if in_tree or name.startswith(_CONTROLLER):
            where = tuple(sorted(places))
            found.append(
                _Balancer(name=name, kind=kind, vpc_id=vpc_id, zones=where, in_tree=in_tree)
            )
    return tuple(found)


@derived
def _clusters_by_vpc(snapshot: Snapshot) -> Mapping[str, tuple[Cluster, ...]]:
    return grouped(snapshot.clusters, lambda each: each.vpc_id)


def _seen(snapshot: Snapshot, balancer: _Balancer) -> Mapping[str, Any]:
    return {
        "clusters": sorted(e.name for e in _clusters_by_vpc(snapshot)[balancer.vpc_id]),
        "kind": balancer.kind,
        "vpc": balancer.vpc_id,
        "zones": list(balancer.zones),
    }


@check(
    id="LBS005",
    title="The AWS Load Balancer Controller makes the load balancers of Services",
    severity=Severity.LOW,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    source=BALANCING,
    rules=(206,),
    since="0.2.0",
)
def made_by_controller(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Kubernetes' own code makes Classic Load Balancers, and gets nothing but repairs any more.

    They send to node ports, and so over a second node, and know neither pods as targets nor
    readiness gates. The AWS Load Balancer Controller, or Auto Mode, makes network and application
    load balancers that send to pods.

    **Passes** where the name begins with `k8s-`, as both give it. **Fails** low where the name is
    an `a` and a Service's UID, as Kubernetes' own code gives it. Load balancers with other names
    are not judged. They are known by their network interfaces in clusters' VPCs.

    **What to do.** Install the AWS Load Balancer Controller and make the Service anew with its
    `loadBalancerClass`; the address changes, so move clients by DNS.
    """
    for each in _balancers(snapshot):
        seen = _seen(snapshot, each)
        if each.in_tree:
            text = f"Kubernetes' own code made it: a {each.kind} load balancer"
            yield failed(each.resource, text, positive=True, **seen)
        else:
            yield passed(each.resource, "the controller made it", positive=True, **seen)


@check(
    id="LBS006",
    title="Load balancers of Services lie in two zones or more",
    severity=Severity.MEDIUM,
    needs={Facet.CLUSTERS, Facet.NETWORK_INTERFACES},
    source=BALANCING,
    rules=(208,),
    since="0.2.0",
)
def balancer_zones(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """A load balancer in one zone takes its Service down with that zone, wherever the pods are.

    A Network Load Balancer has one interface in each zone that is switched on for it, and can be
    made with one alone. It then also sends to pods of other zones only at the price of traffic
    between zones.

    **Passes** with interfaces in two zones. **Fails** where all are in one. Judged are network and
    application load balancers in clusters' VPCs whose names Kubernetes or the AWS Load Balancer
    Controller gives; classic ones are not.

    **What to do.** Name subnets of further zones in the Service's annotation, or tag them, and let
    the controller add the zones.
    """
    for each in _balancers(snapshot):
        if each.kind == "classic":
            continue
        seen = _seen(snapshot, each)
        if len(each.zones) >= ENOUGH:
            text = f"in {', '.join(each.zones)}"
            yield passed(each.resource, text, positive=True, **seen)
        else:
            yield failed(each.resource, f"only in {each.zones[0]}", **seen)
