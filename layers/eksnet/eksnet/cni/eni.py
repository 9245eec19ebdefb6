"""Tell what each network interface is for; what no rule matches is ``other``, never guessed.

The rules and their order are those of the sources: aws/amazon-vpc-cni-k8s b521883
(pkg/awsutils/awsutils.go), aws/amazon-vpc-resource-controller-k8s b8d4251 (pkg/provider/branch),
botocore's interface types, and recorded DescribeNetworkInterfaces output.
"""

import datetime as dt
import enum
import re
from collections.abc import Callable, Mapping

from eksnet.model.network import Eni
from eksnet.model.snapshot import Snapshot, derived

CREATED_TAG = "node.k8s.amazonaws.com/createdAt"  # set by ipamd, awsutils.go
INSTANCE_TAG = "node.k8s.amazonaws.com/instance_id"  # set by ipamd, awsutils.go
CLUSTER_TAG = "cluster.k8s.amazonaws.com/name"  # set by ipamd when CLUSTER_NAME is known
OWNER_TAG = "eks:eni:owner"  # amazon-vpc-cni or eks-vpc-resource-controller
OWNERS = frozenset({"amazon-vpc-cni", "eks-vpc-resource-controller"})  # the makers' own values
TRUNK_TAG = "vpcresources.k8s.aws/trunk-eni-id"  # set by the resource controller, trunk.go
UNMANAGED_TAG = "node.k8s.amazonaws.com/no_manage"  # ipamd.go setUnmanagedENIs: exactly "true"
LEAK_AGE = dt.timedelta(minutes=5)  # awsutils.go eniDeleteCooldownTime

CNI_DESCRIPTION = "aws-K8S-"  # awsutils.go: the CNI writes a capital K8S
CONTROLLER_DESCRIPTIONS = frozenset({"aws-k8s-branch-eni", "aws-k8s-trunk-eni"})  # trunk.go
_CNI = re.compile(r"aws-K8S-(i-[0-9a-f]+)")
_X_ENI = re.compile(r"Amazon EKS (?P<cluster>\S+)")
_NAT = re.compile(r"Interface for NAT Gateway nat-[0-9a-f]+")
_ELB = re.compile(r"ELB (app/[^/]+/[0-9a-f]+|[^/]+)")
_NLB = re.compile(r"ELB net/[^/]+/[0-9a-f]+")
_ENDPOINT = re.compile(r"VPC Endpoint Interface:? vpce-[0-9a-f]+")
_FARGATE = re.compile(r"arn:aws[a-z-]*:ecs:[^:]+:\d+:attachment/.*")


class EniClass(enum.StrEnum):
    """What a network interface is for."""

    X_ENI = "x-eni"
    LEAKED = "vpc-cni-leaked"
    CNI_SECONDARY = "vpc-cni-secondary"
    TRUNK = "trunk"
    BRANCH = "branch"
    NAT_GATEWAY = "nat-gateway"
    LOAD_BALANCER = "load-balancer"
    NETWORK_LOAD_BALANCER = "network-load-balancer"
    VPC_ENDPOINT = "vpc-endpoint"
    GATEWAY_LOAD_BALANCER_ENDPOINT = "gateway-load-balancer-endpoint"
    LAMBDA = "lambda"
    TRANSIT_GATEWAY = "transit-gateway"
    EFA = "efa"
    RDS = "rds"
    FARGATE_POD = "fargate-pod"
    NODE_PRIMARY = "node-primary"
    UNMANAGED = "unmanaged-secondary"
    OTHER = "other"


def created_at(eni: Eni) -> dt.datetime | None:
    """Return when ipamd made the interface, from its tag; None where no readable tag tells."""
    text = eni.tags.get(CREATED_TAG)
    if text is None:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)


def unattached_cni(eni: Eni) -> bool:
    """Tell whether the interface is the CNI's own and hangs on nothing, however young it may be.

    The trunks and branches of the resource controller, which gives pods their own interfaces for
    the CNI, count as well: a branch in use is not ``available``, though it has no attachment.
    """
    owned = eni.tags.get(OWNER_TAG) in OWNERS
    if eni.description in CONTROLLER_DESCRIPTIONS:
        ours = owned
    else:
        ours = eni.description.startswith(CNI_DESCRIPTION) and (owned or INSTANCE_TAG in eni.tags)
    return ours and eni.status == "available"


def x_eni_cluster(eni: Eni) -> str | None:
    """Return the cluster whose control plane the interface belongs to, None for any other."""
    match = _X_ENI.fullmatch(eni.description)
    hangs = eni.attachment
    if match is None or eni.interface_type != "interface" or (hangs and hangs.instance_id):
        return None
    if hangs and hangs.instance_owner_id == eni.owner_id:
        return None
    return match["cluster"]


def _leaked(eni: Eni, now: dt.datetime) -> bool:
    """Tell of the CNI's own only: a trunk or branch stays one, also when it is left behind."""
    born = created_at(eni)
    old = born is not None and now - born > LEAK_AGE
    return old and unattached_cni(eni) and eni.description not in CONTROLLER_DESCRIPTIONS


def _requested_by(eni: Eni, requester: str) -> bool:
    owner = eni.attachment.instance_owner_id if eni.attachment else None
    return requester in (owner, eni.requester_id)


def _node_primary(eni: Eni) -> bool:
    hangs = eni.attachment
    return bool(
        eni.interface_type == "interface"
        and hangs
        and hangs.instance_id
        and hangs.device_index == 0
        and not hangs.network_card_index
    )


_RULES: tuple[tuple[EniClass, Callable[[Eni, dt.datetime], object]], ...] = (
    (EniClass.X_ENI, lambda eni, _: x_eni_cluster(eni)),
    (EniClass.LEAKED, _leaked),
    (EniClass.CNI_SECONDARY, lambda eni, _: _CNI.fullmatch(eni.description)),
    (EniClass.TRUNK, lambda eni, _: eni.interface_type == "trunk"),
    (EniClass.BRANCH, lambda eni, _: eni.interface_type == "branch"),
    (
        EniClass.NAT_GATEWAY,
        lambda eni, _: (
            eni.interface_type in ("nat_gateway", "natGateway")
            or (eni.requester_managed and _NAT.fullmatch(eni.description))
        ),
    ),
    (
        EniClass.LOAD_BALANCER,
        lambda eni, _: (
            eni.interface_type in ("load_balancer", "gateway_load_balancer")
            or (_ELB.fullmatch(eni.description) and _requested_by(eni, "amazon-elb"))
        ),
    ),
    (
        EniClass.NETWORK_LOAD_BALANCER,
        lambda eni, _: (
            eni.interface_type == "network_load_balancer" or _NLB.fullmatch(eni.description)
        ),
    ),
    (
        EniClass.VPC_ENDPOINT,
        lambda eni, _: eni.interface_type == "vpc_endpoint" or _ENDPOINT.fullmatch(eni.description),
    ),
    (
        EniClass.GATEWAY_LOAD_BALANCER_ENDPOINT,
        lambda eni, _: eni.interface_type == "gateway_load_balancer_endpoint",
    ),
    (
        EniClass.LAMBDA,
        lambda eni, _: (
            eni.interface_type == "lambda" or eni.description.startswith("AWS Lambda VPC ENI")
        ),
    ),
    (EniClass.TRANSIT_GATEWAY, lambda eni, _: eni.interface_type == "transit_gateway"),
    (EniClass.EFA, lambda eni, _: eni.interface_type in ("efa", "efa-only")),
    (
        EniClass.RDS,
        lambda eni, _: (
            eni.description == "RDSNetworkInterface" and _requested_by(eni, "amazon-rds")
        ),
    ),
    (EniClass.FARGATE_POD, lambda eni, _: _FARGATE.fullmatch(eni.description)),
    (EniClass.NODE_PRIMARY, lambda eni, _: _node_primary(eni)),
    (EniClass.UNMANAGED, lambda eni, _: eni.tags.get(UNMANAGED_TAG) == "true"),
)


def classify(eni: Eni, now: dt.datetime) -> EniClass:
    """Return what ``eni`` is for at ``now``; the first rule that matches decides."""
    return next((kind for kind, matches in _RULES if matches(eni, now)), EniClass.OTHER)


@derived
def class_by_eni(snapshot: Snapshot) -> Mapping[str, EniClass]:
    """Return the class of every network interface by its id."""
    return {eni.id: classify(eni, snapshot.captured_at) for eni in snapshot.enis}


@derived
def x_enis_by_cluster(snapshot: Snapshot) -> Mapping[str, tuple[Eni, ...]]:
    """Return each cluster's cross-account interfaces, those in another cluster's VPC left out.

    Two clusters of one name can follow each other; an interface counts where its VPC fits.
    """
    vpc_of = {cluster.name: cluster.vpc_id for cluster in snapshot.clusters}
    found: dict[str, list[Eni]] = {}
    for eni in snapshot.enis:
        name = x_eni_cluster(eni)
        if name is not None and vpc_of.get(name, eni.vpc_id) == eni.vpc_id:
            found.setdefault(name, []).append(eni)
    return {name: tuple(enis) for name, enis in found.items()}
