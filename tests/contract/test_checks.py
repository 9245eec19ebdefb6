"""The laws every check obeys, whoever wrote it."""

import dataclasses
import importlib
import json
import pathlib
import random

import pytest
from pydantic import TypeAdapter

from eksnet.checks import catalogue
from eksnet.engine.check import TOPICS, Check
from eksnet.engine.limits import Limits
from eksnet.engine.profile import OF_TOPIC, Profile
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import FIELDS, Example

TESTS = pathlib.Path(__file__).parents[1] / "checks"
EXAMPLES: dict[str, Example] = {
    check_id: example
    for path in sorted(TESTS.glob("test_*.py"))
    for check_id, example in getattr(
        importlib.import_module(f"tests.checks.{path.stem}"), "EXAMPLES", {}
    ).items()
}
CHECKS = {check.id: check for check in catalogue()}
each_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)


def ask(check: Check, snapshot: Snapshot) -> tuple[Finding, ...]:
    return run(snapshot, [check], Limits())


def statuses(findings: tuple[Finding, ...]) -> set[Status]:
    return {finding.status for finding in findings}


def examples(check: Check) -> tuple[Snapshot, ...]:
    example = EXAMPLES[check.id]
    return (*example.good, *example.bad, *example.unknown)


def test_every_check_has_examples_and_every_example_a_check() -> None:
    assert set(EXAMPLES) == set(CHECKS)


@each_check
def test_good_passes_bad_fails_and_unknown_cannot_tell(check: Check) -> None:
    example = EXAMPLES[check.id]
    assert example.good
    assert example.bad
    for good in example.good:
        assert statuses(ask(check, good)) == {Status.PASS}
    for bad in example.bad:
        assert Status.FAIL in statuses(ask(check, bad))
    for unknown in example.unknown:
        assert Status.UNKNOWN in statuses(ask(check, unknown))


@each_check
def test_a_blind_region_is_exactly_one_unknown(check: Check) -> None:
    for snapshot in examples(check):
        for facet in check.needs:
            blind = Blind(facet=facet, api="ec2:Anything", error="UnauthorizedOperation")
            (finding,) = ask(check, dataclasses.replace(snapshot, blinds=(blind,)))
            assert finding.status is Status.UNKNOWN
            assert finding.resource.type == "AWS::Region"
            assert finding.unknown
            assert (finding.unknown.api, finding.unknown.error) == (blind.api, blind.error)


@each_check
def test_what_was_never_read_is_unknown(check: Check) -> None:
    for snapshot in examples(check):
        for facet in check.needs:
            (finding,) = ask(check, dataclasses.replace(snapshot, seen=snapshot.seen - {facet}))
            assert finding.status is Status.UNKNOWN


@each_check
def test_a_blind_cluster_is_unknown_and_nothing_else_is(check: Check) -> None:
    for snapshot in examples(check):
        before = ask(check, snapshot)
        for cluster in snapshot.clusters:
            for facet in check.needs:
                blind = Blind(facet=facet, api="eks:Any", error="Denied", cluster=cluster.name)
                after = ask(check, dataclasses.replace(snapshot, blinds=(blind,)))
                theirs = [each for each in after if each.cluster == cluster.name]
                assert [each.status for each in theirs] == [Status.UNKNOWN]
                others = [each for each in before if each.cluster != cluster.name]
                assert [each for each in after if each.cluster != cluster.name] == others


@each_check
def test_order_of_things_does_not_matter(check: Check) -> None:
    shuffle = random.Random(7)  # noqa: S311 - a shuffle, not a secret
    for snapshot in examples(check):
        values = {
            field.name: tuple(shuffle.sample(value, len(value)))
            for field in dataclasses.fields(snapshot)
            if isinstance(value := getattr(snapshot, field.name), tuple)
        }
        assert ask(check, dataclasses.replace(snapshot, **values)) == ask(check, snapshot)


@each_check
def test_declared_facets_are_all_it_looks_at(check: Check) -> None:
    unused = {
        name: () for facet, names in FIELDS.items() if facet not in check.facets for name in names
    }
    if not check.facets & {
        Facet.ADDON_VPC_CNI,
        Facet.ADDON_COREDNS,
        Facet.ADDON_KUBE_PROXY,
    }:
        unused["addons"] = ()
    for snapshot in examples(check):
        seen = dataclasses.replace(snapshot, **unused, seen=snapshot.seen & check.facets)
        assert ask(check, seen) == ask(check, snapshot)


@each_check
def test_an_incomplete_list_never_changes_an_answer(check: Check) -> None:
    """Whatever a filter left out, each pass or fail is as with the whole list."""
    listed = {name for facet in check.facets for name in FIELDS.get(facet, ())} - {
        "clusters",
        "cluster_names",
    }
    for snapshot in examples(check):
        whole = {f.finding_id: f.status for f in ask(check, snapshot)}
        for name in listed:
            things = getattr(snapshot, name)
            for left_out in range(len(things)):
                rest = {name: things[:left_out] + things[left_out + 1 :]}
                part = dataclasses.replace(snapshot, partial=True, **rest)
                for finding in ask(check, part):
                    if finding.status is not Status.UNKNOWN:
                        assert whole[finding.finding_id] is finding.status, (name, finding)


@each_check
def test_findings_are_plain_data_on_one_line(check: Check) -> None:
    for snapshot in examples(check):
        for finding in ask(check, snapshot):
            assert finding.message == " ".join(finding.message.split())
            json.dumps(finding.evidence, allow_nan=False)
            assert (finding.severity is None) is (finding.status is Status.PASS)
            if finding.severity:
                assert finding.severity.rank >= check.severity.rank


@each_check
def test_examples_survive_being_written_down(check: Check) -> None:
    adapter = TypeAdapter(Snapshot)
    for snapshot in examples(check):
        assert adapter.validate_json(adapter.dump_json(snapshot)) == snapshot


@each_check
def test_every_check_is_in_the_whole_and_in_a_profile_that_says_what_it_is_about(
    check: Check,
) -> None:
    assert Profile.ALL in check.profiles
    assert check.profiles > {Profile.ALL}


def test_every_profile_is_a_choice_of_checks_and_every_topic_has_one() -> None:
    for profile in set(Profile) - {Profile.ALL}:
        assert set() < {each for each in CHECKS if profile in CHECKS[each].profiles} < set(CHECKS)
    assert OF_TOPIC.keys() == TOPICS.keys()


@each_check
def test_declarations_are_complete(check: Check) -> None:
    assert check.source.startswith(("https://docs.aws.amazon.com/", "https://github.com/"))
    assert check.rules
    assert check.doc.splitlines()[0].endswith(".")
    assert "**What to do.**" in check.doc
    assert not check.needs & check.wants
