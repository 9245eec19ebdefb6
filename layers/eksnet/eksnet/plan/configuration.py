"""An add-on's configuration as plans know it: canonical JSON, subnets by their natural key."""

import json
import re
from collections.abc import Callable

from eksnet.model.snapshot import Snapshot, subnet_by_id
from eksnet.plan.natural import subnet_at, written

_SUBNET_ID = re.compile(r"subnet-[0-9A-Za-z-]+")
_SUBNET_KEY = re.compile(r"\$\{subnet:([0-9./]+)\}")


def configured(text: str | None) -> object:
    """Return what an add-on's configurationValues say: JSON or YAML text (EKS API reference).

    Nothing, and a mapping that sets nothing, are both None: EKS takes either for the defaults. Text
    that can't be read is itself.
    """
    if not text:
        return None
    try:
        value = _read(text)
    except ValueError:
        return text
    return value or None


def natural(snapshot: Snapshot, vpc_id: str, value: object) -> object:
    """Return a configuration with every subnet of the VPC as ``${subnet:CIDR}``.

    Subnets of other VPCs keep their ids: only an id tells them apart.
    """
    subnets = subnet_by_id(snapshot)

    def key(found: re.Match[str]) -> str:
        subnet = subnets.get(found[0])
        known = subnet and subnet.vpc_id == vpc_id and subnet.cidr
        return f"${{subnet:{subnet.cidr}}}" if subnet and known else found[0]

    return _each_text(value, lambda text: _SUBNET_ID.sub(key, text))


def resolved(snapshot: Snapshot, vpc_id: str, text: str) -> str | None:
    """Return canonical JSON with the ids of its subnets, None for ``null``: what EKS is given.

    Raises:
        ValueError: the text is no JSON, or names a subnet that is not there.
    """

    def name(found: re.Match[str]) -> str:
        subnet = subnet_at(snapshot, vpc_id, found[1])
        if subnet is None:
            msg = f"no subnet {found[1]} in {vpc_id}"
            raise ValueError(msg)
        return subnet.id

    value = _each_text(json.loads(text), lambda each: _SUBNET_KEY.sub(name, each))
    return None if value is None else written(value)


def subnets_of(text: str) -> frozenset[str]:
    """Return the blocks of the subnets that a configuration names by their natural key."""
    return frozenset(_SUBNET_KEY.findall(text))


def _each_text(value: object, change: Callable[[str], str]) -> object:
    if isinstance(value, dict):
        return {str(key): _each_text(each, change) for key, each in value.items()}
    if isinstance(value, list):
        return [_each_text(each, change) for each in value]
    if isinstance(value, str):
        return change(value)
    # YAML alone knows further kinds, such as dates; an add-on's schema is one of JSON.
    return value if value is None or isinstance(value, bool | int | float) else change(str(value))


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        import yaml

        try:
            return yaml.load(text, Loader=yaml.CSafeLoader)
        except yaml.YAMLError as problem:
            raise ValueError(str(problem)) from problem
