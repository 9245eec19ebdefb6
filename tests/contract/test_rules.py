"""Every rule has its check, or the reason why it has none, and never both."""

import dataclasses
import pathlib
import re

import pytest

from eksnet.checks import catalogue
from eksnet.engine.check import TOPICS
from tools import generate, rules

ROOT = pathlib.Path(__file__).parents[2]
RULES = rules.every_rule()
HOW_MANY = 233
LONGEST_TITLE = 90
FRAMEWORK = re.compile(r"(EKS|EC2|ELB)\.[0-9]{1,3}|CIS-EKS-1\.8\.0-[0-9](\.[0-9]{1,2}){2}")


def answers_on(page: str) -> dict[int, str]:
    """Return what the page's tables say of each rule."""
    rows = re.findall(r"^\| (\d+) \| [^|]+ \| ([^|]+) \|", page, flags=re.MULTILINE)
    found = {int(number): answer for number, answer in rows}
    assert len(found) == len(rows)
    return found


def test_every_number_is_there_once() -> None:
    assert [rule.number for rule in RULES] == list(range(1, HOW_MANY + 1))


def test_every_rule_that_a_check_names_exists() -> None:
    unknown = {
        f"{check.id}: {number}"
        for check in catalogue()
        for number in check.rules
        if not 1 <= number <= HOW_MANY
    }
    assert not unknown


def test_no_rule_has_both_a_check_and_a_reason_for_having_none() -> None:
    answered = rules.answers(catalogue())
    stale = {rule.number: rule.reason for rule in RULES if rule.why_not and rule.number in answered}
    assert not stale, "empty their class and reason in tools/rules.csv"


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.number))
def test_a_row_is_whole_and_fits_its_table(rule: rules.Rule) -> None:
    assert rule.topic in TOPICS
    assert rule.title
    assert len(rule.title) <= LONGEST_TITLE
    assert not rule.title.endswith(".")
    assert rule.source.startswith(("https://docs.aws.amazon.com/", "https://github.com/"))
    assert rule.why_not in rules.CLASSES
    assert rule.why_not != rules.ANSWERED
    assert bool(rule.why_not) is bool(rule.reason)
    for text in (rule.title, rule.source, rule.reason):
        assert "|" not in text
        assert text == " ".join(text.split())


def test_no_two_rules_have_one_title() -> None:
    assert len({rule.title for rule in RULES}) == len(RULES)


def test_a_rule_that_is_the_same_as_another_names_one_that_is_not() -> None:
    by_number = {rule.number: rule for rule in RULES}
    for rule in RULES:
        if rule.why_not == "same":
            named = re.fullmatch(r"rule ([0-9]+)", rule.reason)
            assert named
            assert by_number[int(named[1])].why_not != "same"


def test_the_page_is_fresh() -> None:
    text = (ROOT / rules.PAGE).read_text(encoding="utf-8")
    assert text == generate.rules_page(catalogue()), "run `make generate`"


def test_the_page_says_of_every_rule_its_checks_or_why_there_are_none() -> None:
    said, answered = answers_on(rules.page(RULES, catalogue())), rules.answers(catalogue())
    assert set(said) == {rule.number for rule in RULES}
    for rule in RULES:
        ids = re.findall(r"\[(\w+)\]\(checks/\1\.md\)", said[rule.number])
        assert tuple(ids) == answered.get(rule.number, ())
        if not ids:
            assert said[rule.number].endswith(rule.reason or "**Not yet**")


def test_the_counts_at_the_top_are_those_of_the_tables() -> None:
    text = rules.page(RULES, catalogue())
    rows = re.findall(r"^\| ([^|]+) \| (\d+) \|$", text, flags=re.MULTILINE)
    counts = {name: int(count) for name, count in rows}
    said = answers_on(text).values()
    assert counts.pop("All") == sum(counts.values()) == len(RULES)
    assert counts["Answered by a check"] == sum("](checks/" in each for each in said)
    assert counts["Not yet"] == sum(each == "**Not yet**" for each in said)
    topics = re.findall(r"^\| \[\w+\].*?((?: \| \d+){4}) \|$", text, flags=re.MULTILINE)
    columns = [sum(map(int, column)) for column in zip(*map(figures, topics), strict=True)]
    assert columns[0] == len(RULES) == sum(columns[1:])
    assert columns[1:3] == [counts["Answered by a check"], counts["Not yet"]]


def figures(text: str) -> list[str]:
    return re.findall(r"\d+", text)


def test_a_new_check_changes_the_page_and_not_the_data() -> None:
    unanswered = next(rule for rule in RULES if not rule.why_not)
    check = dataclasses.replace(catalogue()[0], id="ZZZ999", rules=(unanswered.number,))
    assert answers_on(rules.page(RULES, ()))[unanswered.number] == "**Not yet**"
    said = answers_on(rules.page(RULES, [check]))[unanswered.number]
    assert said == "[ZZZ999](checks/ZZZ999.md)"


@pytest.mark.parametrize(
    "url, name",
    [
        ("https://docs.aws.amazon.com/eks/latest/best-practices/sgpp.html", "sgpp"),
        ("https://github.com/aws/amazon-vpc-cni-k8s/issues/69", "amazon-vpc-cni-k8s#69"),
        ("https://github.com/aws/cni/blob/v1.23.1/docs/x.md#part", "cni x.md"),
        ("https://github.com/clowdhaus/eksup", "eksup"),
    ],
)
def test_a_source_has_a_short_name(url: str, name: str) -> None:
    assert rules.source_name(url) == name


def test_framework_ids_are_of_frameworks_that_are_known_here() -> None:
    for check in catalogue():
        assert len(set(check.frameworks)) == len(check.frameworks)
        for each in check.frameworks:
            assert FRAMEWORK.fullmatch(each), (check.id, each)


@pytest.mark.parametrize("control", ["EKS.1", "EC2.6", "CIS-EKS-1.8.0-5.4.3"])
def test_the_controls_that_everybody_asks_for_are_mapped(control: str) -> None:
    assert any(control in check.frameworks for check in catalogue())
