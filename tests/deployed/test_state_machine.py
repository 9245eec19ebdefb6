import copy
import dataclasses
import json
import pathlib
import re
from collections.abc import Callable
from typing import Any

import pytest

from eksnet.apply.progress import Progress
from eksnet.model.journal import PlanState
from eksnet.pipeline.url_requests import StepRequest
from tools import asl, template

ROOT = pathlib.Path(__file__).parents[2]
MACHINE = template.load(ROOT / template.MACHINE)
REPAIRS = template.load(ROOT / template.REPAIRS)
RESOURCES = template.load(ROOT / "template.yaml")["Resources"]
States = dict[str, Any]


def faulty(change: Callable[[States], object]) -> list[str]:
    machine = copy.deepcopy(MACHINE)
    change(machine["States"])
    return list(asl.problems(machine))


def audit(states: States) -> States:
    found: States = states["Audits"]["ItemProcessor"]["States"]["Audit"]
    return found


@pytest.mark.parametrize("machine", [MACHINE, REPAIRS], ids=["audit", "repair"])
def test_the_state_machines_keep_every_law(machine: dict[str, Any]) -> None:
    assert list(asl.problems(machine)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda states: states["Report"].update(Next="Nowhere"), "Nowhere, which is not there"),
        (lambda states: states["Begun"]["Choices"].pop(), "Duplicate: nothing leads to it"),
        (lambda states: states["Begun"].pop("Default"), "a choice without a default"),
        (lambda states: states["Targets"].pop("TimeoutSeconds"), "may wait for ever"),
        (lambda states: states["Targets"].pop("Retry"), "does not try again after States.Timeout"),
        (lambda states: audit(states).pop("End"), "Audits/Audit: goes on to a state or ends"),
        (lambda states: audit(states)["Retry"].pop(), "Audits/Audit: does not try again"),
        (lambda states: audit(states)["Retry"][0].pop("JitterStrategy"), "without JitterStrategy"),
        (lambda states: audit(states).update(TimeoutSeconds="960"), "TimeoutSeconds is no number"),
        (lambda states: states["Targets"].update(Output="{% $merge([1) %}"), "is not balanced"),
        (lambda states: states["Report"].update(Comment="{% 1 %}"), "in a JSONPath state"),
        (
            lambda states: states["Targets"]["Arguments"].update({"a.$": "$.a"}),
            "a.$ is JSONPath in a JSONata state",
        ),
    ],
)
def test_each_law_is_broken_by_what_breaks_it(
    change: Callable[[States], object], words: str
) -> None:
    found = faulty(change)
    assert any(words in problem for problem in found)


@pytest.mark.parametrize(
    ("expression", "whole"),
    [
        ("$f({'a': [1]})", True),
        ("'it)'", True),
        ("$f(", False),
        ("(]", False),
        (")", False),
        ("'a", False),
    ],
)
def test_an_expression_is_balanced_or_not(expression: str, whole: bool) -> None:  # noqa: FBT001
    assert asl.balanced(expression) is whole


@pytest.mark.parametrize("name", ["Targets", "Audit", "Report", "Step"])
def test_a_task_waits_longer_than_its_function_can_take(name: str) -> None:
    states = {**MACHINE["States"], **REPAIRS["States"]}
    task = audit(states) if name == "Audit" else states[name]
    function = RESOURCES[f"{name}Function"]["Properties"]
    assert task["TimeoutSeconds"] > function["Timeout"]
    given = task.get("Arguments") or task["Parameters"]
    assert given["FunctionName"] == f"${{{name}FunctionArn}}"


def test_a_target_that_fails_for_good_stops_no_other_and_the_report_comes_anyhow() -> None:
    audits = MACHINE["States"]["Audits"]
    assert audits["ToleratedFailurePercentage"] == 100
    assert audits["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",
    }
    assert [each["ErrorEquals"] for each in audits["Catch"]] == [["States.ALL"]]
    assert audits["Catch"][0]["Next"] == audits["Next"] == "Report"


def test_the_results_stay_out_of_the_execution_s_own_data() -> None:
    audits = MACHINE["States"]["Audits"]
    assert audits["ResultPath"] is None
    assert audits["ResultWriter"]["Parameters"]["Prefix.$"].startswith("States.Format('runs/")


MACHINES = pytest.mark.parametrize(
    ("resource", "source"),
    [("AuditStateMachine", template.MACHINE), ("RepairStateMachine", template.REPAIRS)],
)


@MACHINES
def test_every_substitution_is_given_and_every_one_given_is_used(
    resource: str, source: str
) -> None:
    given = RESOURCES[resource]["Properties"]["DefinitionSubstitutions"]
    text = (ROOT / source).read_text("utf-8")
    for name in given:
        assert f"${{{name}}}" in text, name
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for name in given:
        body = body.replace(f"${{{name}}}", "")
    assert "${" not in body


@MACHINES
def test_no_anchor_stands_for_what_cloudformation_would_not_resolve(
    resource: str, source: str
) -> None:
    assert RESOURCES[resource]["Properties"]["DefinitionUri"] == source
    text = (ROOT / source).read_text("utf-8")
    values = [line.partition(": ")[2] for line in text.splitlines()]
    assert not any(value.startswith(("*", "&")) for value in values)


def test_a_repair_goes_on_as_long_as_the_function_says_and_gives_it_what_it_takes() -> None:
    states = REPAIRS["States"]
    given = {name.removesuffix(".$") for name in states["Step"]["Parameters"]["Payload"]}
    assert given == set(StepRequest.model_fields)
    answered = {each.name for each in dataclasses.fields(Progress)}
    read = set(re.findall(r"\$\.done\.answer\.(\w+)", json.dumps(states)))
    assert read == {*answered, "rejected"}


def test_a_repair_ends_well_in_the_states_that_are_good_ends_and_in_no_other() -> None:
    choices = REPAIRS["States"]["Done"]["Choices"]
    good = {each["StringEquals"] for each in choices if each["Next"] == "Ended"}
    assert good == {PlanState.SUCCEEDED, PlanState.ROLLED_BACK}
    assert REPAIRS["States"]["Done"]["Default"] == "Stopped"
    assert REPAIRS["States"]["Stopped"]["Type"] == REPAIRS["States"]["Rejected"]["Type"] == "Fail"


def test_a_repair_outlives_the_wait_for_its_window() -> None:
    assert REPAIRS["TimeoutSeconds"] >= 3 * 24 * 60 * 60
