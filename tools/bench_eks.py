"""The measured clusters as EKS and IAM describe them; their networks are in bench_network."""

import json

from tools.bench_names import ACCOUNT, MOMENT, REGION, ROLES, TYPES, ZONES, Kind, Raw, hex_id, name

ADDONS = {
    "vpc-cni": "v1.20.4-eksbuild.1",
    "coredns": "v1.12.4-eksbuild.1",
    "kube-proxy": "v1.33.3-eksbuild.4",
}
GROUPS = ("blue", "green")
POLICIES = ("AmazonEKSClusterPolicy", "AmazonEKSVPCResourceController")


def cluster(number: int) -> Raw:
    """Return a private and public cluster on its VPC's private subnets."""
    return {
        "name": name(number),
        "arn": f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{name(number)}",
        "version": "1.33",
        "status": "ACTIVE",
        "createdAt": MOMENT,
        "endpoint": "https://example.invalid",
        "platformVersion": "eks.12",
        "roleArn": f"arn:aws:iam::{ACCOUNT}:role/eks-{number % ROLES}",
        "resourcesVpcConfig": {
            "vpcId": hex_id("vpc", number),
            "subnetIds": [hex_id("subnet", number, each) for each in range(3)],
            "securityGroupIds": [hex_id("sg", number, 2)],
            "clusterSecurityGroupId": hex_id("sg", number, 0),
            "endpointPublicAccess": True,
            "endpointPrivateAccess": True,
            "publicAccessCidrs": ["203.0.113.0/24"],
        },
        "kubernetesNetworkConfig": _services(number),
        "health": {"issues": []},
        "tags": {"team": "platform"},
    }


def _services(number: int) -> Raw:
    if Kind.IPV6.holds(number):
        return {"ipFamily": "ipv6", "serviceIpv6Cidr": "fd30:1c53:5f8a::/108"}
    return {"ipFamily": "ipv4", "serviceIpv4Cidr": "172.20.0.0/16"}


def node_group(number: int, group: str) -> Raw:
    """Return a node group of six nodes."""
    path = f"nodegroup/{name(number)}/{group}/1"
    return {
        "clusterName": name(number),
        "nodegroupName": group,
        "nodegroupArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:{path}",
        "status": "ACTIVE",
        "createdAt": MOMENT,
        "version": "1.33",
        "capacityType": "ON_DEMAND",
        "amiType": "AL2023_x86_64_STANDARD",
        "instanceTypes": [list(TYPES)[number % len(TYPES)]],
        "subnets": [hex_id("subnet", number, each) for each in range(3)],
        "scalingConfig": {"minSize": 3, "maxSize": 12, "desiredSize": 6},
        "updateConfig": {"maxUnavailable": 1},
        "resources": {"autoScalingGroups": [{"name": f"eks-{group}"}]},
        "health": {"issues": []},
        "tags": {"team": "platform"},
    }


def addon(number: int, kind: str) -> Raw:
    """Return an add-on; the VPC CNI has pod ENIs switched on."""
    return {
        "clusterName": name(number),
        "addonName": kind,
        "addonArn": f"arn:aws:eks:{REGION}:{ACCOUNT}:addon/{name(number)}/{kind}/1",
        "addonVersion": ADDONS[kind],
        "status": "ACTIVE",
        "configurationValues": json.dumps(_settings(number)) if kind == "vpc-cni" else None,
        "health": {"issues": []},
        "tags": {},
    }


def _settings(number: int) -> Raw:
    env = {"ENABLE_POD_ENI": "true", "WARM_IP_TARGET": "5", "MINIMUM_IP_TARGET": "10"}
    if Kind.PREFIXES.holds(number) or Kind.IPV6.holds(number):
        env["ENABLE_PREFIX_DELEGATION"] = "true"
    if not Kind.CUSTOM.holds(number):
        return {"env": env}
    env["AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"] = "true"
    env["ENI_CONFIG_LABEL_DEF"] = "topology.kubernetes.io/zone"
    subnets = {
        f"{REGION}{zone}": {
            "id": hex_id("subnet", number, 6 + each),
            "securityGroups": [hex_id("sg", number, 0)],
        }
        for each, zone in enumerate(ZONES)
    }
    return {"env": env, "eniConfig": {"create": True, "region": REGION, "subnets": subnets}}


def policies() -> list[Raw]:
    """Return the policies attached to every cluster's role."""
    return [
        {"PolicyName": each, "PolicyArn": f"arn:aws:iam::aws:policy/{each}"} for each in POLICIES
    ]
