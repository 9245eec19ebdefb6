"""EKS's and IAM's answers become facts. The same functions read what `aws` printed."""

from eksnet.collect.parse_ec2 import Raw, moment
from eksnet.model.cluster import Addon, Cluster, FargateProfile, HealthIssue, NodeGroup


def _health(raw: Raw) -> tuple[HealthIssue, ...] | None:
    """Return the issues; None where the answer is silent: an older API version gave no health."""
    if raw.get("health") is None:
        return None
    return tuple(
        HealthIssue(
            code=str(each.get("code", "")),
            message=str(each.get("message", "")),
            resource_ids=tuple(each.get("resourceIds") or ()),
        )
        for each in raw["health"].get("issues") or ()
    )


def _remote(raw: Raw, kind: str) -> tuple[str, ...]:
    networks = (raw.get("remoteNetworkConfig") or {}).get(kind) or ()
    return tuple(cidr for network in networks for cidr in network.get("cidrs") or ())


def cluster(raw: Raw) -> Cluster:
    """Read a cluster."""
    vpc = raw["resourcesVpcConfig"]
    network = raw.get("kubernetesNetworkConfig") or {}
    return Cluster(
        name=raw["name"],
        arn=raw["arn"],
        version=raw.get("version", ""),
        status=raw.get("status", ""),
        created_at=moment(raw.get("createdAt")),
        vpc_id=vpc.get("vpcId") or "",
        subnet_ids=tuple(vpc.get("subnetIds") or ()),
        security_group_ids=tuple(vpc.get("securityGroupIds") or ()),
        cluster_security_group_id=vpc.get("clusterSecurityGroupId") or None,
        endpoint_public=bool(vpc["endpointPublicAccess"]),
        endpoint_private=bool(vpc["endpointPrivateAccess"]),
        public_access_cidrs=tuple(vpc.get("publicAccessCidrs") or ()),
        role_arn=raw.get("roleArn", ""),
        ip_family=network.get("ipFamily") or "ipv4",
        service_ipv4_cidr=network.get("serviceIpv4Cidr") or None,
        remote_node_cidrs=_remote(raw, "remoteNodeNetworks"),
        remote_pod_cidrs=_remote(raw, "remotePodNetworks"),
        auto_mode=bool((raw.get("computeConfig") or {}).get("enabled")),
        log_types=_log_types(raw),
        health=_health(raw),
        tags=dict(raw.get("tags") or {}),
    )


def _log_types(raw: Raw) -> tuple[str, ...] | None:
    setups = (raw.get("logging") or {}).get("clusterLogging")
    if setups is None:
        return None
    on = (each for each in setups if each.get("enabled"))
    return tuple(sorted(kind for each in on for kind in each.get("types") or ()))


def node_group(raw: Raw) -> NodeGroup:
    """Read a managed node group."""
    scaling = raw.get("scalingConfig") or {}
    update = raw.get("updateConfig") or {}
    groups = (raw.get("resources") or {}).get("autoScalingGroups") or ()
    return NodeGroup(
        cluster=raw["clusterName"],
        name=raw["nodegroupName"],
        arn=raw["nodegroupArn"],
        status=raw.get("status", ""),
        created_at=moment(raw.get("createdAt")),
        subnet_ids=tuple(raw.get("subnets") or ()),
        instance_types=tuple(raw.get("instanceTypes") or ()),
        ami_type=raw.get("amiType", ""),
        capacity_type=raw.get("capacityType", ""),
        version=raw.get("version", ""),
        min_size=scaling.get("minSize", 0),
        max_size=scaling.get("maxSize", 0),
        desired_size=scaling.get("desiredSize", 0),
        max_unavailable=update.get("maxUnavailable"),
        max_unavailable_percent=update.get("maxUnavailablePercentage"),
        update_strategy=update.get("updateStrategy"),
        launch_template_id=(raw.get("launchTemplate") or {}).get("id"),
        autoscaling_groups=tuple(each["name"] for each in groups),
        health=_health(raw),
        tags=dict(raw.get("tags") or {}),
    )


def fargate_profile(raw: Raw) -> FargateProfile:
    """Read a Fargate profile."""
    return FargateProfile(
        cluster=raw["clusterName"],
        name=raw["fargateProfileName"],
        arn=raw["fargateProfileArn"],
        status=raw.get("status", ""),
        subnet_ids=tuple(raw.get("subnets") or ()),
        tags=dict(raw.get("tags") or {}),
    )


def addon(raw: Raw) -> Addon:
    """Read an EKS-managed add-on."""
    return Addon(
        cluster=raw["clusterName"],
        name=raw["addonName"],
        arn=raw.get("addonArn", ""),
        version=raw.get("addonVersion", ""),
        status=raw.get("status", ""),
        configuration=raw.get("configurationValues") or None,
        role_arn=raw.get("serviceAccountRoleArn") or None,
        health=_health(raw),
        tags=dict(raw.get("tags") or {}),
    )
