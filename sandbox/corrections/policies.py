"""AWS managed policies exist in every account from the start (IAM user guide, managed policies).

Moto has none unless it is told to load all of them, which costs seconds; the sandbox loads those
of EKS alone.
"""

import functools
import json
from typing import Any

from moto.iam import models as iam
from moto.iam.aws_managed_policies import aws_managed_policies_data

from sandbox.corrections.lack import lacks, put

_PREFIXES = ("AmazonEKS", "AmazonEC2ContainerRegistry")  # what clusters and nodes are given


@functools.cache
def _policies() -> dict[str, Any]:
    every = json.loads(aws_managed_policies_data)
    return {name: data for name, data in every.items() if name.startswith(_PREFIXES)}


def install() -> None:
    """Load the policies with every new IAM backend."""
    lacks(iam.IAMBackend._init_aws_policies, "AmazonEKS")

    def load(backend: iam.IAMBackend) -> list[iam.AWSManagedPolicy]:
        return [
            iam.AWSManagedPolicy.from_data(name, backend.account_id, backend.region_name, data)
            for name, data in _policies().items()
        ]

    put(iam.IAMBackend, _init_aws_policies=load)
