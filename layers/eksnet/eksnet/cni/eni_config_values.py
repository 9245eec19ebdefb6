"""The add-on's configuration with other pod subnets, and ENIConfigs as Kubernetes reads them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from eksnet.cni.settings import CniSettings

MANIFEST = """\
apiVersion: crd.k8s.amazonaws.com/v1alpha1
kind: ENIConfig
metadata:
  name: {name}
spec:
  subnet: {subnet}
  securityGroups:
{groups}"""  # the custom resource: VPC CNI v1.23.1, config/master/crds


def names_in_zones(
    settings: CniSettings, zone_by_subnet: Mapping[str, str], zones: Iterable[str], region: str
) -> Mapping[str, tuple[str, ...]]:
    """Return the ENIConfigs of each zone; where it has none, the name that one should get.

    ``zone_by_subnet`` and ``zones`` are zone names. Where the others are named by the zone's letter
    alone, which the Helm chart puts behind its ``region``, a new one is as well.
    """
    found: dict[str, list[str]] = {}
    for each in settings.eni_configs:
        found.setdefault(zone_by_subnet.get(each.subnet_id, ""), []).append(each.name)
    whole = not found or any(each.name.startswith(region) for each in settings.eni_configs)
    return {
        zone: tuple(found.get(zone) or [zone if whole else zone.removeprefix(region)])
        for zone in zones
    }


def with_pod_subnets(
    values: Mapping[str, Any],
    subnets: Mapping[str, str],
    names: Mapping[str, tuple[str, ...]],
    groups: Sequence[str],
) -> Mapping[str, Any]:
    """Return an add-on's values in which ENIConfigs name other subnets.

    ``subnets`` are by zone, ``names`` the ENIConfigs of each. Whatever else is set stays as it is;
    only an ENIConfig that is new gets ``groups``.
    """
    section = dict(values.get("eniConfig") or {})
    entries = dict(section.get("subnets") or {})
    for zone, subnet in sorted(subnets.items()):
        for name in names[zone]:
            kept = entries.get(name) or {"securityGroups": list(groups)}
            entries[name] = {**kept, "id": subnet}
    return {**values, "eniConfig": {**section, "create": True, "subnets": entries}}


def manifests(subnets: Mapping[str, str], groups: Sequence[str]) -> str:
    """Return an ENIConfig for each zone, as YAML to apply."""
    lines = "".join(f"    - {group}\n" for group in groups)
    return "---\n".join(
        MANIFEST.format(name=zone, subnet=json.dumps(subnet), groups=lines)
        for zone, subnet in sorted(subnets.items())
    )
