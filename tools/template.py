"""Read the deployment templates, expand them as CloudFormation would, and check them.

`python tools/template.py --check` lints the templates as they are and as they are expanded, and
holds the state machines and the schedule to their laws; all of it offline.
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import yaml

from tools import asl, schedule

ROOT = pathlib.Path(__file__).parents[1]
TEMPLATES = (
    pathlib.Path("template.yaml"),
    pathlib.Path("organization/audit-role.yaml"),
    pathlib.Path("organization/remediation-role.yaml"),
)
MACHINE, REPAIRS = "statemachines/audit.asl.yaml", "statemachines/repair.asl.yaml"
REGION = "eu-west-1"  # any will do: it decides nothing but names
Node = Any  # a template is whatever YAML says


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short(loader: _Loader, suffix: str, node: Node) -> Node:
    if isinstance(node, yaml.ScalarNode):
        value: Node = loader.construct_scalar(node)
        value = value.split(".", 1) if suffix == "GetAtt" else value
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short)


def load(path: pathlib.Path) -> dict[str, Node]:
    """Return a template with its short forms written out."""
    return read(path.read_text(encoding="utf-8"))


def read(text: str) -> dict[str, Node]:
    """Return what a template's text says, with its short forms written out."""
    found: dict[str, Node] = yaml.load(text, _Loader)  # noqa: S506 - it is a safe loader
    return found


def expand(parameters: Mapping[str, object] | None = None) -> dict[str, Node]:
    """Return the application's template as CloudFormation would see it, its machines inside.

    ``parameters`` stand for those that SAM itself reads; the rest stay references.
    """
    # Late: they take most of a second, which reading a template should not.
    import boto3  # type: ignore[import-untyped]  # noqa: TID251 - the translator's session
    from samtranslator.parser.parser import Parser  # type: ignore[import-untyped]
    from samtranslator.translator.translator import Translator  # type: ignore[import-untyped]

    template = load(ROOT / TEMPLATES[0])
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::StateMachine":
            properties = resource["Properties"]
            properties["Definition"] = load(ROOT / properties.pop("DefinitionUri"))
        for source in ("CodeUri", "ContentUri"):
            if source in resource.get("Properties", {}):
                resource["Properties"][source] = {"Bucket": "artifacts", "Key": "none.zip"}
    translator = Translator(
        None, Parser(), plugins=[], boto_session=boto3.Session(region_name=REGION)
    )
    expanded: dict[str, Node] = translator.translate(
        template, parameter_values=dict(parameters or {}), get_managed_policy_map=dict
    )
    return expanded


def statements(role: Mapping[str, Node], resources: Mapping[str, Node]) -> Iterator[Node]:
    """Yield a role's statements, with those of its managed policies and those under conditions."""
    properties = role["Properties"]
    named = (resources[each["Ref"]] for each in properties.get("ManagedPolicyArns", ()))
    policies = [*properties.get("Policies", ()), *(each["Properties"] for each in named)]
    for policy in policies:
        for statement in policy["PolicyDocument"]["Statement"]:
            yield statement["Fn::If"][1] if "Fn::If" in statement else statement


def actions(statement: Node) -> tuple[str, ...]:
    """Return a statement's actions."""
    found = statement["Action"]
    return (found,) if isinstance(found, str) else tuple(found)


def lint(*paths: pathlib.Path) -> Iterator[str]:
    """Yield what cfn-lint, its informational rules included, says of templates."""
    command = [str(pathlib.Path(sys.executable).with_name("cfn-lint")), "-c", "I", "--"]
    ended = subprocess.run(
        [*command, *map(str, paths)], capture_output=True, text=True, check=False
    )
    if ended.returncode:
        yield (ended.stdout + ended.stderr).strip()


def lint_expanded() -> Iterator[str]:
    """Yield what cfn-lint says of the application's template as CloudFormation sees it."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "expanded.json"
        path.write_text(json.dumps(expand(), indent=1), encoding="utf-8")
        yield from lint(path)


def schedule_problems() -> Iterator[str]:
    """Yield what is wrong with the schedule that the template proposes."""
    yield from schedule.problems(
        load(ROOT / TEMPLATES[0])["Parameters"]["ScheduleExpression"]["Default"]
    )


def checks() -> Iterator[tuple[str, Iterable[str]]]:
    """Yield each check's name and the problems that it finds."""
    yield "cfn-lint, as written", lint(*(ROOT / path for path in TEMPLATES))
    yield "cfn-lint, expanded", lint_expanded()
    yield "state machine, audit", asl.problems(load(ROOT / MACHINE))
    yield "state machine, repair", asl.problems(load(ROOT / REPAIRS))
    yield "schedule", schedule_problems()


def main(arguments: list[str] | None = None) -> int:
    """Check the templates, saying of each check how it went; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", required=True, help="the only thing it does"
    )
    parser.parse_args(arguments)
    failed = False
    for name, problems in checks():
        found = list(problems)
        failed = failed or bool(found)
        print(f"{name}: {'fails' if found else 'good'}")
        for problem in found:
            print(f"  {problem}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
