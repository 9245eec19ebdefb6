"""EKS add-ons: create, describe, list and delete (EKS API reference, CreateAddon and its kin).

Moto answers 404 "Not yet implemented", an error with the code 404: whoever takes any 404 for "not
there" would be misled. Here an absent add-on or cluster is a ResourceNotFoundException, an unknown
add-on name an InvalidParameterException, and a second one of the name a ResourceInUseException.
"""

from types import SimpleNamespace
from typing import Any

import yaml
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.exceptions import (
    InvalidParameterException,
    ResourceInUseException,
    ResourceNotFoundException,
)
from moto.eks.models import EKSBackend, paginated_list
from moto.eks.responses import EKSResponse
from moto.eks.urls import url_paths
from moto.moto_api._internal import mock_random

from sandbox.corrections.lack import MotoHasItError, lacks_operation

PAGE = 100  # EKS API reference, ListAddons.maxResults
VERSIONS = {  # a version each that EKS offered for Kubernetes 1.33
    "vpc-cni": "v1.20.4-eksbuild.1",
    "coredns": "v1.12.4-eksbuild.1",
    "kube-proxy": "v1.33.3-eksbuild.10",
    "eks-pod-identity-agent": "v1.3.8-eksbuild.2",
    "aws-ebs-csi-driver": "v1.48.0-eksbuild.2",
    "metrics-server": "v0.8.0-eksbuild.2",
}


def _addons(backend: EKSBackend, cluster_name: str) -> dict[str, Any]:
    cluster = backend.describe_cluster(cluster_name)
    addons: dict[str, Any] = cluster.__dict__.setdefault("addons", {})
    return addons


def put_addon(  # noqa: PLR0913 - an add-on is described by what makes it
    backend: EKSBackend,
    cluster_name: str,
    name: str,
    *,
    version: str | None = None,
    configuration: str | None = None,
    role_arn: str | None = None,
    tags: dict[str, str] | None = None,
) -> Any:
    """Install an add-on into a cluster and return it; status and health can be set on it."""
    addons = _addons(backend, cluster_name)
    _check(addons, name, configuration)
    arn = f"arn:{backend.partition}:eks:{backend.region_name}:{backend.account_id}:addon"
    now = utcnow()
    addons[name] = SimpleNamespace(
        addon_name=name,
        cluster_name=cluster_name,
        addon_arn=f"{arn}/{cluster_name}/{name}/{mock_random.uuid4()}",
        addon_version=version or VERSIONS[name],
        status="ACTIVE",
        health={"issues": []},
        configuration_values=configuration,
        service_account_role_arn=role_arn,
        created_at=now,
        modified_at=now,
        owner="aws",
        publisher="eks",
        tags=tags or {},
    )
    return addons[name]


def _check(addons: dict[str, Any], name: str, configuration: str | None) -> None:
    if name not in VERSIONS:
        raise InvalidParameterException(message=f"Addon {name} specified is not supported")
    if name in addons:
        raise ResourceInUseException(addonName=name, message="Addon already exists.")
    if configuration:
        parse(configuration)


def parse(configuration: str) -> None:
    """Raise unless the settings are a JSON or YAML mapping."""
    try:
        parsed = yaml.safe_load(configuration)
    except yaml.YAMLError as error:
        message = "ConfigurationValue provided in request is not supported"
        raise InvalidParameterException(message=message) from error
    if not isinstance(parsed, dict):
        raise InvalidParameterException(message="ConfigurationValue is not in JSON or YAML format")


def find(response: EKSResponse) -> tuple[dict[str, Any], Any]:
    """Return the cluster's add-ons and the one that the request names."""
    cluster, name = response._get_param("name"), response._get_param("addonName")
    addons = _addons(response.eks_backend, cluster)
    if name not in addons:
        raise ResourceNotFoundException(
            clusterName=cluster,
            addonName=name,
            message=f"No addon: {name} found in cluster: {cluster}",
        )
    return addons, addons[name]


def create_addon(response: EKSResponse) -> ActionResult:
    """CreateAddon."""
    addon = put_addon(
        response.eks_backend,
        response._get_param("name"),
        response._get_param("addonName"),
        version=response._get_param("addonVersion"),
        configuration=response._get_param("configurationValues"),
        role_arn=response._get_param("serviceAccountRoleArn"),
        tags=response._get_param("tags"),
    )
    return ActionResult({"addon": addon})


def describe_addon(response: EKSResponse) -> ActionResult:
    """DescribeAddon."""
    return ActionResult({"addon": find(response)[1]})


def delete_addon(response: EKSResponse) -> ActionResult:
    """DeleteAddon."""
    addons, addon = find(response)
    del addons[addon.addon_name]
    return ActionResult({"addon": addon})


def list_addons(response: EKSResponse) -> ActionResult:
    """ListAddons."""
    names, token = paginated_list(
        list(_addons(response.eks_backend, response._get_param("name"))),
        response._get_int_param("maxResults", PAGE),
        response._get_param("nextToken"),
    )
    return ActionResult({"addons": names, "nextToken": token})


def install() -> None:
    """Add the operations and their paths."""
    if any("addons" in path for path in url_paths):
        message = "moto.eks.urls now has paths for add-ons"
        raise MotoHasItError(message)
    for operation in (create_addon, describe_addon, delete_addon, list_addons):
        lacks_operation(EKSResponse, operation.__name__)
        setattr(EKSResponse, operation.__name__, operation)
    url_paths["{0}/clusters/(?P<name>[^/]+)/addons$"] = EKSResponse.dispatch
    url_paths["{0}/clusters/(?P<name>[^/]+)/addons/(?P<addonName>[^/]+)$"] = EKSResponse.dispatch
