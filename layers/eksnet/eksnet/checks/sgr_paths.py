"""The Kubernetes network model, walked: nodes, pods and control plane, each pair of places."""

import dataclasses
import itertools
from collections.abc import Iterator, Mapping

from eksnet.cni.places import Places, places_by_cluster
from eksnet.engine.check import Answer, Unseen, check, failed, passed
from eksnet.engine.limits import Limits
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Severity, Unread
from eksnet.model.resource import cluster_resource
from eksnet.model.snapshot import Facet, Snapshot, derived
from eksnet.network.survey import Survey, survey
from eksnet.network.trace import Traffic

SUBNETS_GUIDE = "https://docs.aws.amazon.com/eks/latest/best-practices/subnets.html"
GROUPS_GUIDE = "https://docs.aws.amazon.com/eks/latest/userguide/sec-group-reqs.html"
NEEDS = frozenset(
    {
        Facet.CLUSTERS,
        Facet.VPCS,
        Facet.SUBNETS,
        Facet.NETWORK_INTERFACES,
        Facet.INSTANCES,
        Facet.ROUTE_TABLES,
        Facet.NETWORK_ACLS,
        Facet.SECURITY_GROUPS,
    }
)
ALL = tuple(Traffic(protocol=each, low=1, high=65535) for each in ("tcp", "udp"))
HTTPS = Traffic(protocol="tcp", low=443, high=443)  # EKS user guide, sec-group-reqs
KUBELET = Traffic(protocol="tcp", low=10250, high=10250)  # EKS user guide, sec-group-reqs
DNS = tuple(Traffic(protocol=each, low=53, high=53) for each in ("tcp", "udp"))  # RFC 1035, 4.2
OTHER_CNI = Unread(api="kubernetes:aws-node", error="NotRead")
DNS_PLACE = Unread(api="kubernetes:coredns", error="NotRead")
NO_X_ENI = Unread(api="ec2:DescribeNetworkInterfaces", error="NotListed")


def _with_nodes(snapshot: Snapshot) -> Iterator[tuple[Cluster, Places]]:
    found = places_by_cluster(snapshot)
    for cluster in snapshot.clusters:
        places = found.get(cluster.name)
        if places and places.nodes:
            yield cluster, places


@derived
def _between_nodes(snapshot: Snapshot) -> Mapping[str, Survey]:
    return {
        cluster.name: survey(snapshot, itertools.product(places.nodes, places.nodes), ALL)
        for cluster, places in _with_nodes(snapshot)
    }


def _unseen(snapshot: Snapshot, cluster: Cluster, why: Unread, message: str) -> Unseen:
    return Unseen(
        resource=cluster_resource(snapshot, cluster),
        cluster=cluster.name,
        api=why.api,
        error=why.error,
        message=message,
    )


def _answer(snapshot: Snapshot, cluster: Cluster, found: Survey, severity: Severity) -> Answer:
    resource = cluster_resource(snapshot, cluster)
    if found.denied:
        return failed(
            resource, found.line(), cluster=cluster.name, severity=severity, **found.evidence()
        )
    if found.why:
        return _unseen(snapshot, cluster, found.why, found.line())
    return passed(resource, found.line(), cluster=cluster.name, **found.evidence())


def _of_pods(snapshot: Snapshot, cluster: Cluster, places: Places, found: Survey) -> Answer:
    """Answer of traffic that another CNI than the VPC's may wrap, so that no rule sees it.

    Traffic of a place to itself leaves its node only once the place has a second one.
    """
    if found.denied and not (places.vpc_cni or cluster.auto_mode):
        text = (
            f"the nodes don't show the VPC CNI, and another's pods may not need it; {found.line()}"
        )
        return _unseen(snapshot, cluster, OTHER_CNI, text)
    now = tuple(w for w in found.denied if w.source != w.destination or w.source in places.shared)
    if found.denied and not now:
        return failed(
            cluster_resource(snapshot, cluster),
            f"before a second node comes: {found.line()}",
            cluster=cluster.name,
            severity=Severity.MEDIUM,
            **found.evidence(),
        )
    later = tuple(each for each in found.denied if each not in now)
    found = dataclasses.replace(found, denied=(*now, *later))
    shut = any(each.shut for each in now)
    return _answer(snapshot, cluster, found, Severity.HIGH if shut else Severity.MEDIUM)


@check(
    id="SGR001",
    title="Every node reaches every node on every TCP and UDP port",
    severity=Severity.HIGH,
    needs=NEEDS,
    source=SUBNETS_GUIDE,
    rules=(196,),
    since="0.2.0",
)
def nodes_reach_nodes(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """Kubernetes takes it for granted that every pod reaches every pod on every node, without NAT.

    A Service sends a request to a pod on any node, whatever its port. If security groups, network
    ACLs or routes close some of the ways between nodes, some requests fail and others don't,
    depending on where the scheduler put the pods.

    Every packet between the subnets and security groups that the nodes really have is walked:
    security groups, ACLs and routes on the way there, ACLs and routes on the way back to the ports
    1024 to 65535. **Passes** where all TCP and UDP ports are open between all of them. **Fails**
    high where a way is closed whole, medium where some ports or addresses are, or where only a
    second node with the same subnet and groups would meet it; the message is the trace. A prefix
    list, a route to an appliance, and what was not listed make it unknown, and so does a closed way
    between nodes that don't show the VPC CNI. A cluster without nodes is not judged. Network
    policies are no part of the answer.

    **What to do.** Give the nodes one security group that allows all traffic from itself, as the
    cluster security group does. Where an ACL denies, allow the subnets of the cluster in it, in
    both directions.
    """
    for cluster, places in _with_nodes(snapshot):
        yield _of_pods(snapshot, cluster, places, _between_nodes(snapshot)[cluster.name])


@check(
    id="SGR002",
    title="Pods in subnets or security groups of their own reach all pods and nodes",
    severity=Severity.HIGH,
    needs=NEEDS,
    source="https://docs.aws.amazon.com/eks/latest/best-practices/custom-networking.html",
    rules=(196,),
    since="0.2.0",
)
def pods_reach_pods(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """With custom networking, pods have other subnets than their nodes, and often other groups.

    The rules between nodes then say nothing of the pods: an ENIConfig with a security group that
    does not admit itself, or an ACL made for the old subnets, cuts pods off from each other.

    **Passes** where all TCP and UDP ports are open between the places that only pods have, and
    between those and the nodes, in both directions. **Fails** high where a way is closed whole,
    medium where some ports or addresses are, or where only a second node would meet it. Pods that
    share the subnets and security groups of their nodes are not judged here, nor are pods with
    security groups of their own, which are closed on purpose.

    **What to do.** Put the cluster security group into each ENIConfig, or allow all traffic between
    its groups and the nodes'. Where an ACL denies, allow the pod subnets in it.
    """
    for cluster, places in _with_nodes(snapshot):
        if places.pods:
            pairs = itertools.product(places.carriers, places.carriers)
            asked = [pair for pair in pairs if not set(pair).isdisjoint(places.pods)]
            yield _of_pods(snapshot, cluster, places, survey(snapshot, asked, ALL))


@check(
    id="SGR003",
    title="The control plane reaches the nodes on 443 and 10250",
    severity=Severity.HIGH,
    needs=NEEDS,
    source=GROUPS_GUIDE,
    rules=(194,),
    since="0.2.0",
)
def control_plane_reaches_nodes(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """The API server calls the kubelets on TCP 10250, and webhooks on the nodes on 443.

    Without 10250 there are no logs, no exec, no port-forward and no metrics; without 443 a webhook
    that listens there times out, and each object it guards can't be changed.

    **Passes** where both ports are open from every x-ENI's subnet and groups to every node's.
    **Fails** high where 10250 is closed somewhere, medium where only 443 is. If nodes are seen but
    no x-ENI is, it is unknown. Webhooks on other ports are not known to AWS.

    **What to do.** Let the nodes' security group admit TCP 443 and 10250 from the cluster security
    group, and the cluster security group send them. Where an ACL denies, allow the cluster subnets
    in it, in both directions.
    """
    for cluster, places in _with_nodes(snapshot):
        if not places.control_plane:
            yield _unseen(snapshot, cluster, NO_X_ENI, "no x-ENI of the cluster is seen")
            continue
        pairs = list(itertools.product(places.control_plane, places.nodes))
        found = survey(snapshot, pairs, (KUBELET, HTTPS))
        deaf = any(each.traffic == KUBELET for each in found.denied)
        yield _answer(snapshot, cluster, found, Severity.HIGH if deaf else Severity.MEDIUM)


@check(
    id="SGR004",
    title="The nodes reach the private endpoint on 443",
    severity=Severity.CRITICAL,
    needs=NEEDS,
    source=GROUPS_GUIDE,
    rules=(194,),
    since="0.2.0",
)
def nodes_reach_control_plane(
    snapshot: Snapshot,
    limits: Limits,  # noqa: ARG001
) -> Iterator[Answer]:
    """Where the private endpoint is on, nodes and pods reach the API server through the x-ENIs.

    A node for which TCP 443 is closed there does not join; one that lost the way is NotReady
    after a minute and its pods are moved. If only one of the x-ENIs is closed, each second
    connection hangs.

    **Passes** where 443 is open from every place of nodes and pods to every x-ENI's. **Fails**
    critical where no way is open, high where some are closed. A cluster without the private
    endpoint is not judged; if nodes are seen but no x-ENI is, it is unknown.

    **What to do.** Let the cluster security group admit TCP 443 from the nodes' security group, and
    the nodes' group send it. Where an ACL denies, allow the subnets of the nodes and the cluster
    subnets in it, in both directions.
    """
    for cluster, places in _with_nodes(snapshot):
        if not cluster.endpoint_private:
            continue
        if not places.control_plane:
            yield _unseen(snapshot, cluster, NO_X_ENI, "no x-ENI of the cluster is seen")
            continue
        pairs = itertools.product(places.carriers, places.control_plane)
        found = survey(snapshot, pairs, (HTTPS,))
        whole = len(found.denied) == found.walked
        yield _answer(snapshot, cluster, found, Severity.CRITICAL if whole else Severity.HIGH)


@check(
    id="SGR005",
    title="Pods reach CoreDNS on every node",
    severity=Severity.HIGH,
    needs=NEEDS | {Facet.FARGATE_PROFILES},
    source=GROUPS_GUIDE,
    rules=(194,),
    since="0.2.0",
)
def pods_reach_dns(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001
    """CoreDNS runs on a few nodes, and the pods of all nodes ask it, on UDP and TCP 53.

    Where the rules between nodes close port 53, names resolve only on the nodes that run CoreDNS:
    the same deployment works on one node and times out on the next.

    **Passes** where UDP and TCP 53 are open between all places of nodes and pods. **Fails** where
    a place has no open way to any of them, its own included: medium where that is the only place,
    with one node. Where some ways are open and others
    are not, or where a Fargate profile may run CoreDNS, only its place would tell: unknown.
    Clusters in EKS Auto Mode, whose nodes answer DNS themselves, are not judged, and neither is
    NodeLocal DNSCache.

    **What to do.** Let the nodes' security group admit and send TCP and UDP 53 within itself.
    Where an ACL denies, allow the subnets of the cluster in it, in both directions.
    """
    fargate = {profile.cluster for profile in snapshot.fargate_profiles}
    for cluster, places in _with_nodes(snapshot):
        if cluster.auto_mode:
            continue
        ends, found = places.carriers, _between_nodes(snapshot)[cluster.name]
        if places.pods or not found.open:  # else port 53 is open with all the others
            found = survey(snapshot, itertools.product(ends, ends), DNS)
        closed = {(each.source, each.destination) for each in found.denied}
        deaf = any(all((source, each) in closed for each in ends) for source in ends)
        if closed and (not deaf or cluster.name in fargate):
            yield _unseen(snapshot, cluster, DNS_PLACE, f"CoreDNS may be there; {found.line()}")
        else:
            yield _of_pods(snapshot, cluster, places, found)
