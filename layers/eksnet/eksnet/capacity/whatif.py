"""The same clusters under other settings: a snapshot as it would be, made from the one that is.

The settings are written where the EKS add-on holds them, its configurationValues, so that whatever
reads a snapshot reads them too. What was seen stays as it is: free addresses, interfaces, nodes.
"""

import dataclasses
import difflib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from eksnet.capacity.planned import Planned, plan
from eksnet.cni.env_vars import env_vars, read_flag
from eksnet.cni.max_pods import CLOSE, limit_of
from eksnet.cni.membership import NODE_GROUP_TAG, cluster_by_instance
from eksnet.cni.podsubnets import CUSTOM_NETWORKING, LABEL
from eksnet.cni.settings import ADDON, CniSettings, read_values, settings_by_cluster
from eksnet.model.cluster import Addon, NodeGroup
from eksnet.model.errors import InputError
from eksnet.model.network import Instance
from eksnet.model.record import record
from eksnet.model.snapshot import Snapshot

ZONE_LABEL = "topology.kubernetes.io/zone"  # Kubernetes' well-known label; EKS names its values


@record
class Scenario:
    """What would be different.

    ``env`` are variables of the VPC CNI; ``pod_cidrs`` blocks for pod subnets, which custom
    networking would use; ``nodes`` and ``types`` are by ``GROUP`` or ``CLUSTER/GROUP``.
    """

    env: Mapping[str, str]
    pod_cidrs: tuple[str, ...] = ()
    nodes: Mapping[str, int]
    types: Mapping[str, str]

    @property
    def custom_networking(self) -> bool:
        """Tell whether it turns custom networking on."""
        return read_flag(self.env.get(CUSTOM_NETWORKING)) is True

    def size(self, group: NodeGroup) -> int | None:
        """Return the nodes that a group would have, None where nothing is said of it."""
        return _of(self.nodes, group)


def _of[T](values: Mapping[str, T], group: NodeGroup) -> T | None:
    return values.get(f"{group.cluster}/{group.name}", values.get(group.name))


def require_groups(snapshots: Iterable[Snapshot], scenario: Scenario) -> None:
    """Refuse what names nothing.

    Raises:
        InputError: a node group that no cluster has, an unknown type, or too few nodes.
    """
    groups = [group for snapshot in snapshots for group in snapshot.node_groups]
    known = {name for g in groups for name in (g.name, f"{g.cluster}/{g.name}")}
    for option, names in (("--nodes", scenario.nodes), ("--type", scenario.types)):
        for name in names:
            if name not in known:
                close = difflib.get_close_matches(name, known, CLOSE)
                there = ", ".join(close or sorted({f"{g.cluster}/{g.name}" for g in groups}))
                msg = f"{option}: no node group {name!r}; there are: {there or 'none'}"
                raise InputError(msg)
    for name, count in scenario.nodes.items():
        if count < 0:
            msg = f"--nodes {name}={count}: none or more are needed"
            raise InputError(msg)
    for each in scenario.types.values():
        limit_of(each)


def changed(snapshot: Snapshot, scenario: Scenario) -> Snapshot:
    """Return the snapshot as it would be; clusters whose settings are not known keep theirs.

    Raises:
        InputError: custom networking lacks pod subnets, or they can't be made.
    """
    planned = plan(snapshot, scenario.pod_cidrs)
    if scenario.custom_networking and not scenario.pod_cidrs:
        _require_eni_configs(snapshot)
    return dataclasses.replace(
        snapshot,
        addons=tuple(_addon(snapshot, each, scenario, planned) for each in snapshot.addons),
        node_groups=tuple(_group(each, scenario) for each in snapshot.node_groups),
        instances=tuple(_instance(snapshot, each, scenario) for each in snapshot.instances),
        subnets=(*snapshot.subnets, *planned.subnets),
        vpcs=tuple(planned.vpc(each) for each in snapshot.vpcs),
    )


def unchanged_clusters(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the clusters whose settings no scenario changes, as nothing tells what they are."""
    read = settings_by_cluster(snapshot)
    return tuple(
        each.name
        for each in snapshot.clusters
        if each.name not in read or read[each.name].error is not None
    )


def _require_eni_configs(snapshot: Snapshot) -> None:
    for name, settings in sorted(settings_by_cluster(snapshot).items()):
        if settings.error is None and not settings.eni_configs:
            msg = (
                f"--custom-networking: the add-on of {name} holds no ENIConfig; give pod subnets "
                "with --pod-cidr"
            )
            raise InputError(msg)


def _addon(snapshot: Snapshot, addon: Addon, scenario: Scenario, planned: Planned) -> Addon:
    if addon.name != ADDON or addon.cluster in unchanged_clusters(snapshot):
        return addon
    settings = settings_by_cluster(snapshot).get(addon.cluster)
    if settings is None:
        return addon
    configs = planned.eni_configs.get(addon.cluster, {})
    values = _values(addon, settings, scenario.env, configs)
    return addon if values is None else dataclasses.replace(addon, configuration=values)


def _values(
    addon: Addon, settings: CniSettings, env: Mapping[str, str], configs: Mapping[str, str]
) -> str | None:
    """Return configurationValues with the variables and ENIConfigs; None where nothing changes."""
    known = env_vars()
    main = {name: text for name, text in env.items() if known[name].container != "init"}
    init = {name: text for name, text in env.items() if known[name].container != "main"}
    if configs:
        main.setdefault(LABEL, ZONE_LABEL)
    if not main and not init:
        return None
    values = dict(read_values(addon.configuration))
    values["env"] = {**settings.env, **main}
    if init:
        values["init"] = {**_section(values, "init"), "env": {**settings.init_env, **init}}
    if configs:
        subnets = {zone: {"id": subnet_id} for zone, subnet_id in configs.items()}
        section = _section(values, "eniConfig")
        values["eniConfig"] = {**section, "create": True, "subnets": subnets}
    return json.dumps(values)


def _section(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return dict(values.get(name) or {})


def _group(group: NodeGroup, scenario: Scenario) -> NodeGroup:
    count, type_ = scenario.size(group), _of(scenario.types, group)
    if type_ is not None:
        group = dataclasses.replace(group, instance_types=(type_,))
    if count is None:
        return group
    return dataclasses.replace(
        group,
        desired_size=count,
        min_size=min(group.min_size, count),
        max_size=max(group.max_size, count),
    )


def _instance(snapshot: Snapshot, instance: Instance, scenario: Scenario) -> Instance:
    cluster = cluster_by_instance(snapshot).get(instance.id)
    name = instance.tags.get(NODE_GROUP_TAG, "")
    type_ = scenario.types.get(f"{cluster}/{name}", scenario.types.get(name))
    if cluster is None or type_ is None:
        return instance
    return dataclasses.replace(instance, type=type_)
