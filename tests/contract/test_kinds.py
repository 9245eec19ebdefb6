"""The laws every kind of step obeys: one an action, real permissions, readable facts."""

import functools
import typing

import botocore.session
import pytest
from botocore.model import ServiceModel

from eksnet.collect.facets import ADDONS
from eksnet.model import action
from eksnet.model.plan import About
from eksnet.plan.facts import ADDON_FACETS, facets_of
from eksnet.plan.kind import AnyKind
from eksnet.plan.kinds import KINDS, kind_of
from tests.plan.world import STEPS, every_key

ACTIONS = {
    typing.get_args(each.__annotations__["kind"])[0]: each
    for each in typing.get_args(typing.get_args(action.Action)[0])
}
#: Permissions that are no operations: Service Authorization Reference, IAM and CloudWatch Logs.
PERMISSIONS = frozenset({"iam:PassRole", "logs:CreateLogDelivery", "logs:DeleteLogDelivery"})
each_kind = pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)


@functools.cache
def model(service: str) -> ServiceModel:
    return botocore.session.get_session().get_service_model(service)


def operation(permission: str) -> typing.Any:
    service, name = permission.split(":")
    return model(service).operation_model(name)


def test_every_action_has_one_kind_of_its_own() -> None:
    assert {name: kind.action for name, kind in KINDS.items()} == ACTIONS
    assert {step.kind for step in STEPS} == set(KINDS)


def test_every_permission_is_a_real_one() -> None:
    for kind in KINDS.values():
        assert kind.does
        assert kind.undoes
        for permission in {*kind.does, *kind.undoes} - PERMISSIONS:
            service, name = permission.split(":")
            assert name in model(service).operation_names


@each_kind
def test_a_step_is_rehearsed_where_its_call_has_a_dry_run(kind: AnyKind) -> None:
    call = operation(kind.does[0])
    assert kind.rehearsed is ("DryRun" in call.input_shape.members)


@each_kind
def test_what_a_step_makes_is_counted(kind: AnyKind) -> None:
    assert kind.counts in {"creates", "changes", "deletes"}


def test_every_fact_is_readable() -> None:
    assert {about for about, _ in every_key()} == set(About)
    for key in every_key():
        assert facets_of([key])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_whatever_shows_how_a_step_stands_shows_its_facts(step: action.Action) -> None:
    """So a blind that hides how it stands is found before it is asked."""
    kind = kind_of(step)
    assert kind.facets <= facets_of(kind.facts(step))


def test_the_collector_reads_each_addon_that_a_plan_may_rest_on() -> None:
    assert {name: facet for facet, name in ADDONS.items()} == ADDON_FACETS
