"""The cluster as EKS describes it, and what hangs on it."""

import datetime as dt

from eksnet.model.record import Tags, record


@record
class HealthIssue:
    """One issue that EKS itself reports; where an answer tells no health, it is None, not ()."""

    code: str
    message: str
    resource_ids: tuple[str, ...] = ()


@record
class Cluster:
    """An EKS cluster; ``security_group_ids`` are the custom ones.

    ``cluster_security_group_id`` is the one EKS made; None on what predates it. ``log_types`` are
    the logs that the control plane writes, None where the answer tells none.
    """

    name: str
    arn: str
    version: str
    status: str
    created_at: dt.datetime | None = None
    vpc_id: str
    subnet_ids: tuple[str, ...]
    security_group_ids: tuple[str, ...] = ()
    cluster_security_group_id: str | None = None
    endpoint_public: bool
    endpoint_private: bool
    public_access_cidrs: tuple[str, ...] = ()
    role_arn: str
    ip_family: str = "ipv4"
    service_ipv4_cidr: str | None = None
    remote_node_cidrs: tuple[str, ...] = ()
    remote_pod_cidrs: tuple[str, ...] = ()
    auto_mode: bool = False
    log_types: tuple[str, ...] | None = None
    health: tuple[HealthIssue, ...] | None = ()
    tags: Tags


@record
class NodeGroup:
    """A managed node group. ``max_unavailable`` is nodes, ``max_unavailable_percent`` percent.

    ``update_strategy`` is ``DEFAULT`` (new nodes first) or ``MINIMAL`` (old nodes go first), None
    where the answer tells none.
    """

    cluster: str
    name: str
    arn: str
    status: str
    created_at: dt.datetime | None = None
    subnet_ids: tuple[str, ...]
    instance_types: tuple[str, ...] = ()
    ami_type: str = ""
    capacity_type: str = ""
    version: str = ""
    min_size: int = 0
    max_size: int = 0
    desired_size: int = 0
    max_unavailable: int | None = None
    max_unavailable_percent: int | None = None
    update_strategy: str | None = None
    launch_template_id: str | None = None
    autoscaling_groups: tuple[str, ...] = ()
    health: tuple[HealthIssue, ...] | None = ()
    tags: Tags


@record
class FargateProfile:
    """A Fargate profile and the private subnets its pods take addresses from."""

    cluster: str
    name: str
    arn: str
    status: str
    subnet_ids: tuple[str, ...]
    tags: Tags


@record
class Addon:
    """An EKS-managed add-on. ``configuration`` is the JSON or YAML text the user gave, or None."""

    cluster: str
    name: str
    arn: str
    version: str
    status: str
    configuration: str | None = None
    role_arn: str | None = None
    health: tuple[HealthIssue, ...] | None = ()
    tags: Tags


@record
class ClusterRole:
    """The managed policies attached to a cluster's IAM role."""

    arn: str
    policy_arns: tuple[str, ...] = ()
