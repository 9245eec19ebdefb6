"""EKS clusters: what EKS fills in, what it makes in the VPC, and which subnets it refuses.

EKS API reference, VpcConfigRequest and VpcConfigResponse: subnets must exist and lie in at least
two availability zones; the endpoint is public, open to 0.0.0.0/0 and not private unless asked
otherwise; EKS makes the cluster security group, whose members reach each other. EKS user guide,
network requirements: EKS puts two to four interfaces, "Amazon EKS <name>", into the cluster
subnets. They belong to the account but are attached to an instance of another, AWS's.
"""

import copy
import functools
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import ec2_backends
from moto.eks.exceptions import InvalidParameterException
from moto.eks.models import Cluster, EKSBackend, Nodegroup
from moto.eks.responses import EKSResponse
from moto.moto_api._internal import mock_random

from sandbox.corrections.interfaces import hold
from sandbox.corrections.lack import lacks, put

CONTROL_PLANE_ACCOUNT = "000000000001"  # stands for the AWS account the control plane runs in
LEAST_ZONES = 2  # EKS API reference, VpcConfigRequest.subnetIds
X_ENIS = 2  # EKS user guide: two to four interfaces; a new cluster starts with two
VERSION = "1.33"  # what a cluster made without a version gets here
_KEPT = {  # request parameter of CreateCluster that moto drops: attribute of its cluster
    "computeConfig": "compute_config",
    "storageConfig": "storage_config",
    "zonalShiftConfig": "zonal_shift_config",
    "upgradePolicy": "upgrade_policy",
    "accessConfig": "access_config",
    "deletionProtection": "deletion_protection",
}


def _subnets(ec2: Any, subnet_ids: list[str]) -> list[Any]:
    try:
        subnets = [ec2.get_subnet(each) for each in subnet_ids]
    except EC2ClientError as error:
        message = f"The subnet ID is not valid. {error.message}"
        raise InvalidParameterException(message=message) from error
    if len({each.vpc_id for each in subnets}) > 1:
        raise InvalidParameterException(message="Subnets provided are not in the same VPC")
    if len({each.availability_zone_id for each in subnets}) < LEAST_ZONES:
        message = "Subnets specified must be in at least two different AZs"
        raise InvalidParameterException(message=message)
    return subnets


def _security_group(ec2: Any, name: str, vpc_id: str) -> Any:
    group = ec2.create_security_group(
        f"eks-cluster-sg-{name}-{mock_random.get_random_hex(8)}",
        "EKS created security group applied to ENI that is attached to EKS Control Plane master "
        "nodes, as well as any managed workloads.",
        vpc_id=vpc_id,
        tags={f"kubernetes.io/cluster/{name}": "owned", "aws:eks:cluster-name": name},
    )
    itself = [{"GroupId": group.id}]
    ec2.authorize_security_group_ingress(
        group.id, "-1", None, None, [], source_groups=itself, vpc_id=vpc_id
    )
    return group


def place_x_eni(cluster: Any, subnet: Any) -> Any:
    """Put one of the control plane's interfaces into the subnet, as EKS does.

    EKS user guide, network-reqs: it belongs to the cluster's account, whoever owns the subnet.
    """
    config = cluster.resources_vpc_config
    _, _, _, region, account, _ = cluster.arn.split(":")
    ec2: Any = ec2_backends[account][region]
    eni = ec2.create_network_interface(
        subnet,
        None,
        group_ids=[config["clusterSecurityGroupId"], *config["securityGroupIds"]],
        description=f"Amazon EKS {cluster.name}",
    )
    hold(eni, CONTROL_PLANE_ACCOUNT)
    return eni


def _spread(subnets: list[Any]) -> list[Any]:
    """Return one subnet a zone, at most as many as a new cluster gets interfaces."""
    by_zone: dict[str, Any] = {}
    for subnet in subnets:
        by_zone.setdefault(subnet.availability_zone_id, subnet)
    return list(by_zone.values())[:X_ENIS]


def _network(given: Mapping[str, Any] | None, vpc_cidr: str) -> dict[str, Any]:
    """Return what EKS fills in: EKS API reference, KubernetesNetworkConfigRequest."""
    config = dict(given or {})
    config.setdefault("ipFamily", "ipv4")
    if config["ipFamily"] == "ipv6":
        config["serviceIpv6Cidr"] = "fd30:1c53:5f8a::/108"
    elif "serviceIpv4Cidr" not in config:
        ten = ipaddress.IPv4Network("10.0.0.0/8")
        in_ten = ipaddress.IPv4Network(vpc_cidr).subnet_of(ten)
        config["serviceIpv4Cidr"] = "172.20.0.0/16" if in_ten else "10.100.0.0/16"
    return config


def _vpc_defaults() -> dict[str, Any]:
    """Return what holds unless asked otherwise: EKS API reference, VpcConfigRequest."""
    return {
        "securityGroupIds": [],
        "endpointPublicAccess": True,
        "endpointPrivateAccess": False,
        "publicAccessCidrs": ["0.0.0.0/0"],
    }


def _create(original: Callable[..., Cluster]) -> Callable[..., Cluster]:
    @functools.wraps(original)
    def create_cluster(
        backend: EKSBackend,
        name: str,
        role_arn: str,
        resources_vpc_config: dict[str, Any],
        **kwargs: Any,
    ) -> Any:
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        subnets = _subnets(ec2, resources_vpc_config.get("subnetIds") or [])
        vpc_id = subnets[0].vpc_id
        kwargs["version"] = kwargs.get("version") or VERSION
        kwargs["kubernetes_network_config"] = _network(
            kwargs.get("kubernetes_network_config"), ec2.get_vpc(vpc_id).cidr_block
        )
        cluster: Any = original(backend, name, role_arn, dict(resources_vpc_config), **kwargs)
        group = _security_group(ec2, name, vpc_id)
        cluster.resources_vpc_config = {
            **_vpc_defaults(),
            **resources_vpc_config,
            "clusterSecurityGroupId": group.id,
            "vpcId": vpc_id,
        }
        cluster.health = {"issues": []}
        for subnet in _spread(subnets):
            place_x_eni(cluster, subnet)
        return cluster

    return create_cluster


def _create_operation(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def create_cluster(response: EKSResponse) -> ActionResult:
        result: ActionResult = original(response)
        made: Any = result.result
        cluster = made["cluster"]
        for parameter, attribute in _KEPT.items():
            value = response._get_param(parameter)
            if value is not None:
                setattr(cluster, attribute, value)
        return result

    return create_cluster


def _delete(original: Callable[..., Cluster]) -> Callable[..., Cluster]:
    @functools.wraps(original)
    def delete_cluster(backend: EKSBackend, name: str) -> Cluster:
        cluster = original(backend, name)
        config = cluster.resources_vpc_config
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        for eni in list(ec2.enis.values()):
            if eni.description == f"Amazon EKS {name}" and eni.vpc_id == config["vpcId"]:
                ec2.delete_network_interface(eni.id)
        ec2.groups[config["vpcId"]].pop(config["clusterSecurityGroupId"], None)
        return cluster

    return delete_cluster


def _update(original: Callable[..., Cluster]) -> Callable[..., Cluster]:
    @functools.wraps(original)
    def update_cluster_config(
        backend: EKSBackend, name: str, resources_vpc_config: dict[str, Any], **kwargs: Any
    ) -> Cluster:
        if resources_vpc_config and name in backend.clusters:
            if "subnetIds" in resources_vpc_config:
                ec2 = ec2_backends[backend.account_id][backend.region_name]
                _subnets(ec2, resources_vpc_config["subnetIds"])
            before = backend.clusters[name].resources_vpc_config
            resources_vpc_config = {**before, **resources_vpc_config}
        return original(backend, name, resources_vpc_config, **kwargs)

    return update_cluster_config


def _update_operation(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def update_cluster_config(response: EKSResponse) -> ActionResult:
        if response._get_param("resourcesVpcConfig") and response._get_param("logging"):
            message = "Only one type of update can be allowed."
            raise InvalidParameterException(message=message)
        original(response)
        update = {
            "id": str(mock_random.uuid4()),
            "status": "Successful",
            "type": "VpcConfigUpdate",
            "params": [],
            "createdAt": utcnow(),
            "errors": [],
        }
        return ActionResult({"update": update})

    return update_cluster_config


def _listing(original: Callable[..., Any]) -> Callable[..., Any]:
    """Let a list of an absent cluster's things be a ResourceNotFoundException, not a crash."""

    @functools.wraps(original)
    def operation(backend: EKSBackend, cluster_name: str, *args: Any, **kwargs: Any) -> Any:
        backend.describe_cluster(cluster_name)
        return original(backend, cluster_name, *args, **kwargs)

    return operation


def _own_health(original: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(original)
    def init(group: Nodegroup, *args: Any, **kwargs: Any) -> None:
        original(group, *args, **kwargs)
        group.health = copy.deepcopy(group.health)  # moto shares one list among all node groups

    return init


def install() -> None:
    """Complete CreateCluster, UpdateClusterConfig and DeleteCluster."""
    lacks(Cluster, "clusterSecurityGroupId")
    lacks(EKSBackend, "vpcId")
    lacks(EKSResponse.create_cluster, "computeConfig")
    lacks(EKSResponse.update_cluster_config, '"update"')
    lacks(Nodegroup, "deepcopy")
    lacks(EKSBackend.list_nodegroups, "NotFound")
    lacks(EKSBackend.list_fargate_profiles, "NotFound")
    put(EKSBackend, list_nodegroups=_listing(EKSBackend.list_nodegroups))
    put(EKSBackend, list_fargate_profiles=_listing(EKSBackend.list_fargate_profiles))
    put(EKSBackend, create_cluster=_create(EKSBackend.create_cluster))
    put(EKSBackend, delete_cluster=_delete(EKSBackend.delete_cluster))
    put(EKSBackend, update_cluster_config=_update(EKSBackend.update_cluster_config))
    put(EKSResponse, create_cluster=_create_operation(EKSResponse.create_cluster))
    put(EKSResponse, update_cluster_config=_update_operation(EKSResponse.update_cluster_config))
    put(Nodegroup, __init__=_own_health(Nodegroup.__init__))
