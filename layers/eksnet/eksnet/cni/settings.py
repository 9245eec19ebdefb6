"""The VPC CNI's settings, as far as the EKS add-on shows them."""

import json
import typing
from collections.abc import Mapping

from eksnet.cni.env_vars import read_flag, read_number
from eksnet.cni.sight import hidden
from eksnet.model.cluster import Cluster
from eksnet.model.finding import Unread
from eksnet.model.record import record
from eksnet.model.snapshot import Facet, Snapshot, addon_by_cluster_and_name, derived

ADDON = "vpc-cni"


@record
class EniConfig:
    """One ENIConfig of the add-on: its name (a zone, or a node label's value) and pod subnet."""

    name: str
    subnet_id: str
    security_groups: tuple[str, ...] = ()


@record
class CniSettings:
    """What the add-on's configurationValues set; a variable not named keeps its default.

    ``error`` tells why the text could not be read; then nothing else here means anything.
    """

    env: Mapping[str, str]
    init_env: Mapping[str, str]
    eni_configs: tuple[EniConfig, ...] = ()
    error: str | None = None

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean variable; text that is no boolean counts as unset, as in the CNI."""
        told = read_flag(self.env.get(name))
        return default if told is None else told

    def target(self, name: str) -> int | None:
        """Return a warm-pool target; None when unset, unparsable or not positive (ipamd.go)."""
        value = read_number(self.env.get(name))
        return value if value and value > 0 else None


def read_settings(configuration: str | None) -> CniSettings:
    """Read the configurationValues of the CNI's add-on."""
    try:
        values = read_values(configuration)
        return CniSettings(
            env=_strings(values.get("env")),
            init_env=_strings(_mapping(values.get("init")).get("env")),
            eni_configs=tuple(_eni_configs(values.get("eniConfig"))),
        )
    except ValueError as problem:
        return CniSettings(env={}, init_env={}, error=str(problem).splitlines()[0])


def read_values(configuration: str | None) -> Mapping[str, typing.Any]:
    """Read any add-on's configurationValues: JSON or YAML text (EKS API reference).

    Text without a value, such as comments only, sets nothing.

    Raises:
        ValueError: the text is neither, holds a value that can't be, or is no mapping.
    """
    if not configuration:
        return {}
    try:
        return _mapping(_parse(configuration))
    except RecursionError as problem:
        msg = "its values lie too deep in each other"
        raise ValueError(msg) from problem


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return _yaml(text)


def _yaml(text: str) -> object:
    import yaml

    try:
        return yaml.load(text, Loader=yaml.SafeLoader)  # the C one ends Python on deep nesting
    except yaml.YAMLError as problem:
        raise ValueError(str(problem)) from problem


def _mapping(value: object) -> Mapping[str, typing.Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        msg = f"a mapping is expected, not {type(value).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - one error for every shape of bad text
    return value


def _strings(value: object) -> Mapping[str, str]:
    """Return the variables as text; YAML's booleans and numbers as the environment spells them."""
    return {
        str(key): str(each).lower() if isinstance(each, bool) else str(each)
        for key, each in _mapping(value).items()
        if each is not None
    }


def _eni_configs(value: object) -> typing.Iterator[EniConfig]:
    section = _mapping(value)
    if section.get("create") in (False, "false"):
        return
    for name, body in _mapping(section.get("subnets")).items():
        config = _mapping(body)
        if "id" in config:
            yield EniConfig(
                name=str(name),
                subnet_id=str(config["id"]),
                security_groups=tuple(map(str, _list(config.get("securityGroups")))),
            )


def _list(value: object) -> list[object]:
    if value is None:
        return []
    if not isinstance(value, list):
        msg = f"a list is expected, not {type(value).__name__}"
        raise ValueError(msg)  # noqa: TRY004 - one error for every shape of bad text
    return value


@derived
def settings_by_cluster(snapshot: Snapshot) -> Mapping[str, CniSettings]:
    """Return the settings of each cluster whose VPC CNI is an EKS add-on that was seen.

    A cluster that is missing here runs the CNI on its own (Kubernetes alone would tell its
    settings), runs none, or could not be asked.
    """
    addons = addon_by_cluster_and_name(snapshot)
    return {
        cluster.name: read_settings(addons[cluster.name, ADDON].configuration)
        for cluster in snapshot.clusters
        if (cluster.name, ADDON) in addons and Facet.ADDON_VPC_CNI in snapshot.seen
    }


def settings_of(snapshot: Snapshot, cluster: Cluster) -> CniSettings | Unread:
    """Return a cluster's settings, or what would have told them.

    Where there is no add-on only Kubernetes tells: the DaemonSet, or Auto Mode's NodeClass.
    """
    blind = hidden(snapshot, [Facet.ADDON_VPC_CNI], cluster.name)
    if blind:
        return Unread(api=blind.api, error=blind.error)
    found = settings_by_cluster(snapshot).get(cluster.name)
    if found is None:
        where = "kubernetes:nodeclasses" if cluster.auto_mode else "kubernetes:aws-node"
        return Unread(api=where, error="NotRead")
    if found.error is not None:
        return Unread(api="eks:DescribeAddon", error="UnreadableConfiguration")
    return found
