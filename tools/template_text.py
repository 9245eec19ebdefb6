"""The parts of the deployment templates that are derived from the code, and the table of settings.

A block stands between `# name: generated` and `# /name` and is indented as its first marker is.
"""

import dataclasses
import inspect
import pathlib
import re
from collections.abc import Mapping, Sequence

import yaml

from eksnet.checks import catalogue
from eksnet.collect import facets
from eksnet.engine import limits
from eksnet.engine.limits import Limits
from eksnet.pipeline.audit import MAPPED
from tools.template import read
from tools.template_writes import READS, planned_actions, write_statements, writes

TEMPLATE = "template.yaml"
MEMBER = "organization/audit-role.yaml"
REPAIRER = "organization/remediation-role.yaml"
IDENTITY = "sts:GetCallerIdentity"  # asked of every target before anything else
WHOLE = "^(0|[1-9][0-9]{0,4})$"
PERCENT = "^(100|[1-9]?[0-9])$"
GUIDE = "docs/deploy.md"


def templates(root: pathlib.Path) -> dict[str, str]:
    """Return every template's text, with every block as the code says, by path below ``root``."""
    blocks = {
        "limit names": [f"- {parameter(name)}" for name in _limits()],
        "limits": limit_parameters(),
        "limits json": limits_variable(),
        "read actions": [f"- {action}" for action in read_actions()],
    }
    member = {name: blocks[name] for name in ("read actions",)}
    repairer = {
        "read actions": [f"- {action}" for action in repair_reads()],
        "write statements": write_statements(),
        "every action": [f"- {action}" for action in sorted({*repair_reads(), *writes()})],
    }
    wanted = {TEMPLATE: blocks, MEMBER: member, REPAIRER: repairer}
    return {name: filled(root / name, parts) for name, parts in wanted.items()}


def filled(path: pathlib.Path, blocks: Mapping[str, Sequence[str]]) -> str:
    """Return a template's text with the lines between each block's markers replaced.

    Raises:
        ValueError: the file lacks a block's markers.
    """
    text = path.read_text(encoding="utf-8")
    for name, lines in blocks.items():
        place = re.compile(
            rf"^( *)# {name}: generated\n.*?^ *# /{name}\n", re.DOTALL | re.MULTILINE
        )
        if (found := place.search(text)) is None:
            msg = f"{path.name} lacks the markers # {name}: generated and # /{name}"
            raise ValueError(msg)
        whole = [f"# {name}: generated", *lines, f"# /{name}"]
        text = text[: found.start()] + _indented(whole, found[1]) + text[found.end() :]
    return text


def _indented(lines: Sequence[str], margin: str) -> str:
    return "".join(f"{margin}{line}\n" for line in lines)


def read_actions() -> tuple[str, ...]:
    """Return every action that an audit of one target with all checks reads with."""
    wanted = frozenset(facet for check in catalogue() for facet in check.facets) | MAPPED
    listed = wanted & facets.READABLE  # which accounts and Regions there are, the run has listed
    return tuple(sorted({*facets.iam_actions(listed), IDENTITY}))


def repair_reads() -> tuple[str, ...]:
    """Return what a plan's execution reads: what an audit does, and what its steps name."""
    followed = {action for action in planned_actions() if READS.fullmatch(action)}
    return tuple(sorted({*read_actions(), *followed}))


def parameter(name: str) -> str:
    """Return the name of the parameter that sets a threshold."""
    return "Limit" + "".join(word.title() for word in name.split("_"))


def limit_parameters() -> list[str]:
    """Return the lines of the parameters that set the thresholds."""
    source = inspect.getsource(limits)
    lines = []
    for name, default in _limits().items():
        why = re.search(rf"^    {name}: .*  # (.+)$", source, flags=re.MULTILINE)
        words = f"{name.replace('_', ' ').capitalize()} - {why[1] if why else ''}"
        lines += [
            f"{parameter(name)}:",
            "  Type: String",  # a Number may have a fraction, which a threshold has not
            f'  Default: "{default}"',
            f"  AllowedPattern: {PERCENT if 'percent' in name else WHOLE}",
            f"  ConstraintDescription: {'0 to 100' if 'percent' in name else 'A whole number'}.",
            f"  Description: {_scalar(words)}",
        ]
    return lines


def limits_variable() -> list[str]:
    """Return the lines of the environment variable that tells the functions the thresholds."""
    parts = [f'"{name}": ${{{parameter(name)}}}' for name in _limits()]
    lines = [f"  {part}{',' if part != parts[-1] else ''}" for part in parts]
    return ["EKSNET_LIMITS: !Sub >-", "  {", *lines, "  }"]


def parameter_table(text: str) -> str:
    """Return a table of a template's parameters, in the order of its groups."""
    template = read(text)
    lines = []
    for group in template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]:
        lines += ["", f"**{group['Label']['default']}**", ""]
        lines += ["| Parameter | Default | Meaning |", "| --- | --- | --- |"]
        for name in group["Parameters"]:
            settings = template["Parameters"][name]
            default = str(settings["Default"])
            meaning = settings["Description"].replace("|", "\\|")
            lines.append(f"| `{name}` | {f'`{default}`' if default else 'empty'} | {meaning} |")
    return "\n".join(lines).strip()


def _limits() -> dict[str, int]:
    return dataclasses.asdict(Limits())


def _scalar(text: str) -> str:
    return yaml.safe_dump(text, width=1000, default_style='"').strip()
