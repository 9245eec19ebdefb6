"""The thresholds that checks compare with: each can be set, each has a default with its source."""

from eksnet.model.record import record

CLUSTER_SUBNETS = "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"


@record
class Limits:
    """Thresholds: free IPv4 addresses, and ``*percent*`` percent of the usable ones or of a quota.

    ``fragmentation_*`` are scores from 0 to 100, ``*_days_*`` and ``*_minutes`` are of time.
    """

    cluster_subnet_critical: int = 5  # an update "needs up to five": EKS user guide, update-cluster
    cluster_subnet_high: int = 6  # "at least six IP addresses": EKS user guide, network-reqs
    cluster_subnet_medium: int = 16  # "we recommend at least 16": EKS user guide, network-reqs
    node_required: int = 30  # eksup AWS001: what a node subnet must have
    node_recommended: int = 100  # eksup AWS001: what it should have
    pod_required: int = 16  # eksup AWS002: what the best pod subnet of a zone must have
    pod_recommended: int = 256  # eksup AWS002: what it should have
    free_percent_low: int = 5  # subnet-watcher's default alarm: less than 5 % free
    free_percent_warning: int = 10  # Cloud Custodian's example policy: more than 90 % used
    leaked_eni_minutes: int = 5  # the VPC CNI's own eniDeleteCooldownTime, awsutils.go v1.23.1
    free_blocks_per_node: int = 1  # WARM_PREFIX_TARGET=1: VPC CNI docs/prefix-and-ip-target.md
    fragmentation_low: int = 50  # aws-support-tools, EKS/subnet-fragmentation: medium from here
    fragmentation_medium: int = 75  # aws-support-tools, EKS/subnet-fragmentation: high from here
    forecast_days_high: int = 30  # ours: a month to plan, approve and route another block
    forecast_days_medium: int = 90  # ours: a quarter; no longer than the history that tells it
    quota_percent_warning: int = 80  # AWS Trusted Advisor, service limits: yellow from here
    quota_percent_full: int = 100  # AWS Trusted Advisor, service limits: red from here
    public_cidr_min_prefix: int = 8  # an allow-list entry wider than a /8 restricts nobody
