"""Interface endpoints of AWS services: whether nodes and pods can use those that are there."""

import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from eksnet.cni.eni import EniClass, class_by_eni
from eksnet.cni.membership import cluster_by_eni
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.engine.profile import Profile
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.network import Rule, VpcEndpoint
from eksnet.model.snapshot import (
    Facet,
    Resource,
    Snapshot,
    derived,
    grouped,
    security_group_by_id,
    subnet_by_id,
)
from eksnet.network.cidr import block
from eksnet.network.filters import NO_ENTRIES, NO_GROUP
from eksnet.network.security_groups import Peer, Reach, admits_port, reach
from eksnet.network.walk import NO_SUBNET

PRIVATE_CLUSTERS = "https://docs.aws.amazon.com/eks/latest/userguide/private-clusters.html"
HTTPS = 443  # EKS user guide, private-clusters: endpoints are spoken to by TLS
# EKS user guide, private-clusters. S3 is left out: its gateway endpoint needs none of this
SERVICES = frozenset(
    {
        "autoscaling",
        "ec2",
        "ecr.api",
        "ecr.dkr",
        "eks",
        "eks-auth",
        "elasticloadbalancing",
        "logs",
        "ssm",
        "sts",
        "xray",
    }
)
USERS = frozenset({EniClass.NODE_PRIMARY, EniClass.CNI_SECONDARY, EniClass.FARGATE_POD})
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.INSTANCES,
        Facet.NETWORK_INTERFACES,
        Facet.SUBNETS,
        Facet.VPC_ENDPOINTS,
    }
)

Place = tuple[str, frozenset[str]]
"""A subnet's id with the security groups of interfaces in it."""


@derived
def _places(snapshot: Snapshot) -> Mapping[str, frozenset[Place]]:
    """Return where the interfaces of each cluster's nodes and Fargate pods are, and their groups.

    Branch interfaces are left out: a pod's own groups may well keep it from AWS's services.
    """
    owner, classes = cluster_by_eni(snapshot), class_by_eni(snapshot)
    found: dict[str, set[Place]] = {}
    for eni in snapshot.enis:
        if eni.id in owner and classes[eni.id] in USERS:
            found.setdefault(owner[eni.id], set()).add((eni.subnet_id, frozenset(eni.groups)))
    return {name: frozenset(places) for name, places in found.items()}


@derived
def _endpoints(snapshot: Snapshot) -> Mapping[str, tuple[VpcEndpoint, ...]]:
    """Return the available interface endpoints of the services, by VPC."""
    return grouped(
        (
            each
            for each in snapshot.vpc_endpoints
            if each.type == "Interface"
            and each.state == "available"
            and _service(snapshot, each) in SERVICES
        ),
        lambda each: each.vpc_id,
    )


def _service(snapshot: Snapshot, endpoint: VpcEndpoint) -> str:
    return endpoint.service_name.partition(f".{snapshot.target.region}.")[2]


def _judged(snapshot: Snapshot) -> Iterator[tuple[Cluster, VpcEndpoint, frozenset[Place]]]:
    for cluster in snapshot.clusters:
        places = _places(snapshot).get(cluster.name)
        if places:
            for endpoint in _endpoints(snapshot).get(cluster.vpc_id, ()):
                yield cluster, endpoint, places


def _resource(snapshot: Snapshot, endpoint: VpcEndpoint) -> Resource:
    arn = snapshot.target.arn("ec2", f"vpc-endpoint/{endpoint.id}", account=endpoint.owner_id)
    return Resource(type="AWS::EC2::VPCEndpoint", id=endpoint.id, arn=arn)


@check(
    id="VPC020",
    title="Interface endpoints admit the nodes",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.SECURITY_GROUPS},
    source=PRIVATE_CLUSTERS,
    rules=(38,),
    since="0.2.0",
)
def endpoint_groups(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """An endpoint with private DNS takes all calls to its service, also those it then refuses.

    The service's own name resolves to the endpoint in the whole VPC. If the endpoint's security
    groups don't admit a node on 443, its calls time out, even where a NAT gateway would have
    carried them.

    **Passes** where the groups admit TCP 443 from every subnet and set of groups that interfaces of
    nodes, of the VPC CNI and of Fargate pods have. **Fails** high where one is refused, medium
    where a part of its subnet is. **Unknown** where rules name a prefix list, whose entries are not
    read, or a group was not seen. Judged are the endpoints of the services that EKS names for
    private clusters. Pods with security groups of their own are not compared.

    **What to do.** Admit TCP 443 from the VPC's blocks, or from the nodes' security group, in a
    security group of the endpoint.
    """
    for cluster, endpoint, places in _judged(snapshot):
        if endpoint.private_dns:
            yield _admission(snapshot, cluster, endpoint, places)


def _admission(
    snapshot: Snapshot, cluster: Cluster, endpoint: VpcEndpoint, places: frozenset[Place]
) -> Answer:
    answers = {place: _reach(snapshot, endpoint, place) for place in places}
    resource, service = _resource(snapshot, endpoint), _service(snapshot, endpoint)
    refused, part = _named(answers, Reach.NO), _named(answers, Reach.MAYBE)
    seen: dict[str, Any] = {"service": service, "groups": sorted(endpoint.groups)}
    if refused:
        text = f"{service} refuses TCP {HTTPS} from {', '.join(refused)}"
        return failed(resource, text, cluster=cluster.name, refused=refused, **seen)
    if part:
        text = f"{service} admits TCP {HTTPS} from a part only of {', '.join(part)}"
        severity = Severity.MEDIUM
        return failed(resource, text, cluster=cluster.name, severity=severity, part=part, **seen)
    unread = [each for each in answers.values() if isinstance(each, Unread)]
    if unread:
        why = min(unread, key=lambda each: (each.api, each.error))
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api=why.api,
            error=why.error,
            message=f"whether {service} admits every interface of nodes is not seen",
        )
    text = f"{service} admits every interface of nodes"
    return passed(resource, text, cluster=cluster.name, **seen)


def _named(answers: Mapping[Place, Reach | Unread], wanted: Reach) -> list[str]:
    return sorted({subnet_id for (subnet_id, _), answer in answers.items() if answer is wanted})


def _reach(snapshot: Snapshot, endpoint: VpcEndpoint, place: Place) -> Reach | Unread:
    """Tell whether the endpoint admits a place: all of its subnet, a part (MAYBE), or none."""
    known, subnet = security_group_by_id(snapshot), subnet_by_id(snapshot).get(place[0])
    groups = [known[each] for each in endpoint.groups if each in known]
    rule = _merged(each for group in groups for each in group.ingress)
    blocks = (block(subnet.cidr),) if subnet and subnet.cidr else ()
    answer = reach((rule,), "tcp", HTTPS, Peer(groups=place[1], blocks=blocks))
    if answer is Reach.YES:
        return answer
    if len(groups) < len(endpoint.groups) or not groups:
        return NO_GROUP
    if rule.prefix_lists:
        return NO_ENTRIES
    return answer if blocks else NO_SUBNET


def _merged(rules: Iterable[Rule]) -> Rule:
    """Return one rule that admits to the port whatever any of ``rules`` admits, halves joined."""
    fitting = [each for each in rules if admits_port(each, "tcp", HTTPS)]
    cidrs = (ipaddress.IPv4Network(cidr, strict=False) for each in fitting for cidr in each.cidrs)
    return Rule(
        protocol="tcp",
        cidrs=tuple(str(each) for each in ipaddress.collapse_addresses(cidrs)),
        groups=tuple(group for each in fitting for group in each.groups),
        prefix_lists=tuple(name for each in fitting for name in each.prefix_lists),
    )


@check(
    id="VPC021",
    title="Interface endpoints answer to their services' names, in the zones of the nodes",
    severity=Severity.MEDIUM,
    needs=NEEDS,
    source=PRIVATE_CLUSTERS,
    rules=(38,),
    since="0.2.0",
    profiles={Profile.CORE, Profile.COST},
)
def endpoint_names_and_zones(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Without private DNS nobody finds the endpoint; in another zone it falls with that zone.

    Nodes and pods call a service by its public name. Only private DNS, or a hosted zone of your
    own, which is not read, makes the VPC's resolver answer with the endpoint. Calls to an endpoint
    in another zone are paid for, and fail with it.

    **Passes** with private DNS on, here or on another endpoint of the service in the VPC, and an
    endpoint subnet in each zone that nodes are in. **Fails** medium without private DNS, low where
    a zone with nodes has none. **Unknown** where the zone of a subnet is not seen. Judged are the
    endpoints of the services that EKS names for private clusters, S3 excepted.

    **What to do.** Switch private DNS on, and add a subnet of each zone (ModifyVpcEndpoint).
    """
    for cluster, endpoint, places in _judged(snapshot):
        service = _service(snapshot, endpoint)
        alike = [
            each
            for each in _endpoints(snapshot)[cluster.vpc_id]
            if _service(snapshot, each) == service
        ]
        yield _serves(snapshot, cluster, endpoint, alike, places)


def _serves(
    snapshot: Snapshot,
    cluster: Cluster,
    endpoint: VpcEndpoint,
    alike: list[VpcEndpoint],
    places: frozenset[Place],
) -> Answer:
    resource, service = _resource(snapshot, endpoint), _service(snapshot, endpoint)
    if not any(each.private_dns for each in alike):
        text = f"private DNS is off: the name of {service} leads past the endpoint"
        return failed(resource, text, cluster=cluster.name, service=service)
    subnets = subnet_by_id(snapshot)
    theirs = {subnet_id for each in alike for subnet_id in each.subnet_ids}
    ours = {subnet_id for subnet_id, _ in places}
    hidden = sorted((theirs | ours).difference(subnets))
    if hidden:
        return Unseen(
            resource=resource,
            cluster=cluster.name,
            api="ec2:DescribeSubnets",
            error="NotListed",
            message=f"the zones of {', '.join(hidden)} are not seen",
        )
    zones = {subnets[each].az_id for each in theirs}
    bare = sorted({subnets[each].az_id for each in ours} - zones)
    seen: dict[str, Any] = {"service": service, "zones": sorted(zones), "without": bare}
    if bare:
        text = f"{service} has no endpoint in {', '.join(bare)}, where nodes are"
        return failed(resource, text, cluster=cluster.name, severity=Severity.LOW, **seen)
    text = f"{service} answers by its own name in every zone with nodes"
    return passed(resource, text, cluster=cluster.name, **seen)
