"""The laws of a finding's life: what opens it, what keeps it open, and what alone resolves it."""

import dataclasses
import datetime as dt
from collections.abc import Iterator, Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eksnet.engine.check import Answer, Check, Unseen, check, failed, passed
from eksnet.engine.lifecycle import advance, unannounced, untold
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Severity, Status, Suppression
from eksnet.model.resource import cluster_resource, subnet_resource
from eksnet.model.snapshot import Blind, Facet, Resource, Snapshot
from eksnet.model.tracked import Known, Mark, Resolution, State, Tracked
from tests.build import NOW, snapshot, subnet, vpc

CLUSTERS = {"subnet-a": "payments", "subnet-b": "search", "subnet-c": None}
ACCEPTED = Suppression(reason="known", owner="network", expires=dt.date(2027, 1, 1))


@check(
    id="VPC999",
    title="Each subnet says itself how it is",
    severity=Severity.CRITICAL,
    needs={Facet.SUBNETS},
    wants={Facet.ADDON_VPC_CNI},
    source="https://docs.aws.amazon.com/",
    since="0.1.0",
)
def CHECK(snapshot: Snapshot, limits: Limits) -> Iterator[Answer]:  # noqa: ARG001, N802
    """Judge each subnet by its tag."""
    for each in snapshot.subnets:
        says, resource, cluster = each.tags["says"], subnet_resource(each.id), CLUSTERS[each.id]
        if says == "unknown":
            yield Unseen(resource=resource, cluster=cluster, api="a", error="b", message="dark")
        elif says == "pass":
            yield passed(resource, "fine", cluster=cluster)
        else:
            yield failed(resource, "bad", cluster=cluster, severity=Severity(says))


def mark(number: int) -> Mark:
    return Mark(run_id=f"run-{number}", at=NOW + dt.timedelta(hours=number))


def look(says: Mapping[str, str], **parts: object) -> Snapshot:
    subnets = [subnet(name, tags={"says": word}) for name, word in says.items()]
    return snapshot(subnets=subnets, **parts)


def judge(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [CHECK], Limits())


class Life:
    """What is known of a target, run after run."""

    def __init__(self) -> None:
        self.known: dict[str, Tracked] = {}
        self.runs = 0

    def take(
        self,
        seen: Snapshot,
        *,
        checks: tuple[Check, ...] = (CHECK,),
        again: bool = False,
        suppressed: Suppression | None = None,
    ) -> tuple[Tracked, ...]:
        self.runs += not again
        found = [
            dataclasses.replace(each, suppressed=suppressed) for each in run(seen, checks, Limits())
        ]
        changed = advance(self.known.values(), found, seen, checks, mark(self.runs))
        self.known.update((each.finding.finding_id, each) for each in changed)
        return changed

    def tell(self) -> None:
        """Let people and the bus know everything there is to know."""
        for each in untold(self.known.values()):
            known = Known(state=each.state, severity=each.severity)
            self.known[each.finding.finding_id] = dataclasses.replace(each, told=known)
        self.announce()

    def announce(self) -> None:
        """Let the bus know everything there is to know."""
        for each in unannounced(self.known.values()):
            name = each.finding.finding_id
            self.known[name] = dataclasses.replace(each, announced=each.state)

    def of(self, resource: str) -> Tracked:
        told = [each for each in self.known.values() if each.finding.resource.id == resource]
        (found,) = (
            e for e in told if e.finding.cluster == CLUSTERS.get(resource, e.finding.cluster)
        )
        return found


def lived(*words: str) -> Tracked:
    """Return subnet-a's record after runs that said the words; ``-`` for not being there."""
    life = Life()
    for word in words:
        life.take(look({} if word == "-" else {"subnet-a": word}))
    return life.of("subnet-a")


def seen_between(tracked: Tracked) -> tuple[dt.datetime, dt.datetime]:
    return tracked.finding.first_seen, tracked.finding.last_seen


def test_a_first_fail_opens() -> None:
    found = lived("high")
    assert (found.state, found.opened, found.seen) == (State.OPEN, mark(1), mark(1))
    assert seen_between(found) == (mark(1).at, mark(1).at)
    assert (found.resolved, found.resolution) == (None, None)


def test_a_second_fail_keeps_its_age_and_moves_last_seen() -> None:
    found = lived("high", "high")
    assert (found.state, found.opened) == (State.OPEN, mark(1))
    assert (found.seen, seen_between(found)) == (mark(2), (mark(1).at, mark(2).at))


@pytest.mark.parametrize("end", ["pass", "-"])
def test_a_fail_after_the_end_is_a_new_episode(end: str) -> None:
    found = lived("low", "high", end, "critical")
    assert (found.state, found.opened) == (State.OPEN, mark(4))
    assert seen_between(found) == (mark(4).at, mark(4).at)
    assert (found.resolved, found.resolution) == (None, None)


def test_an_unknown_that_fails_opens_with_the_age_of_the_fail() -> None:
    found = lived("unknown", "high")
    assert (found.state, found.opened) == (State.OPEN, mark(2))
    assert found.finding.first_seen == mark(2).at


@pytest.mark.parametrize(
    ("words", "news"),
    [
        (("low", "high"), "worsened"),
        (("low", "high", "unknown"), "worsened"),
        (("low", "high", "low"), None),
        (("high", "medium"), "eased"),
        (("high", "unknown", "high"), None),
        (("high", "pass"), "resolved"),
        (("high", "-"), "resolved"),
        (("high", "unknown"), None),
        (("high", "pass", "high"), None),
        (("high", "pass", "critical"), "worsened"),
        (("high", "pass", "unknown"), None),
        (("high", "pass", "unknown", "pass"), "resolved"),
        (("unknown", "high"), "opened"),
        (("pass", "low"), "opened"),
        (("unknown", "pass"), None),
    ],
)
def test_news_is_what_differs_from_what_was_told(words: tuple[str, ...], news: str | None) -> None:
    life = Life()
    for number, word in enumerate(words):
        life.take(look({} if word == "-" else {A: word}))
        if not number:
            life.tell()
    told = untold(life.known.values())
    for name in ("opened", "worsened", "eased", "resolved"):
        assert getattr(told, name) == ((life.of(A),) if name == news else ())


def test_an_unknown_keeps_an_open_finding_open_with_its_age() -> None:
    found = lived("high", "unknown")
    assert (found.state, found.opened, found.seen) == (State.OPEN, mark(1), mark(2))
    assert found.finding.status is Status.UNKNOWN
    assert found.finding.unknown is not None
    assert seen_between(found) == (mark(1).at, mark(1).at)


@pytest.mark.parametrize("before", [(), ("high", "pass"), ("high", "-")])
def test_an_unknown_of_nothing_open_is_unknown_and_was_never_opened(
    before: tuple[str, ...],
) -> None:
    found, now = lived(*before, "unknown"), mark(len(before) + 1)
    assert (found.state, found.opened, found.resolved) == (State.UNKNOWN, None, None)
    assert seen_between(found) == (now.at, now.at)


def test_an_unknown_that_lasts_keeps_its_age() -> None:
    assert seen_between(lived("unknown", "unknown")) == (mark(1).at, mark(2).at)


def test_a_pass_resolves_an_open_finding() -> None:
    found = lived("high", "pass")
    assert (found.state, found.resolution) == (State.RESOLVED, Resolution.PASSED)
    assert (found.opened, found.resolved) == (mark(1), mark(2))
    assert (found.finding.status, found.finding.first_seen) == (Status.PASS, mark(1).at)


def test_a_pass_resolves_an_unknown_that_nobody_hears_of() -> None:
    found = lived("unknown", "pass")
    assert (found.state, found.opened) == (State.RESOLVED, None)
    assert not untold([found])
    assert not unannounced([found])


def test_a_pass_of_nothing_writes_nothing() -> None:
    life = Life()
    assert life.take(look({"subnet-a": "pass"})) == ()
    life.take(look({"subnet-a": "high"}))
    life.take(look({"subnet-a": "pass"}))
    assert life.take(look({"subnet-a": "pass"})) == ()


@pytest.mark.parametrize("word", ["high", "unknown"])
def test_complete_absence_resolves_and_keeps_the_last_judgement(word: str) -> None:
    life = Life()
    life.take(look({"subnet-a": word}))
    before = life.of("subnet-a")
    (found,) = life.take(look({}))
    assert (found.state, found.resolution) == (State.RESOLVED, Resolution.GONE)
    assert (found.resolved, found.opened) == (mark(2), before.opened)
    assert (found.finding, found.seen) == (before.finding, mark(1))
    assert life.take(look({})) == ()


def blind(facet: Facet = Facet.SUBNETS, **scope: object) -> dict[str, object]:
    return {"blinds": (Blind(facet=facet, api="a", error="b", **scope),)}  # type: ignore[arg-type]


ALL = frozenset(CLUSTERS)
A, B, C = "subnet-a", "subnet-b", "subnet-c"
VPC_RESOURCE = Resource(type="AWS::EC2::VPC", id=vpc().id)


@pytest.mark.parametrize(
    ("seen", "kept"),
    [
        (look({}), frozenset()),
        (look({}, partial=True), ALL),
        (look({}, selected=("payments",)), {B, C}),
        (look({}, selected=()), ALL),
        (look({}, **blind()), ALL),
        (look({}, **blind(Facet.ADDON_VPC_CNI)), ALL),
        (look({}, **blind(Facet.FLOW_LOGS)), frozenset()),
        (look({}, seen=frozenset({Facet.ADDON_VPC_CNI})), ALL),
        (look({}, seen=frozenset({Facet.SUBNETS})), ALL),
        (look({}, **blind(cluster="payments")), {A, C}),
        (look({}, **blind(Facet.ADDON_VPC_CNI, cluster="payments")), {A, C}),
        (look({}, **blind(cluster="payments", resource=VPC_RESOURCE)), {A, C}),
        (look({}, **blind(resource=subnet_resource(B))), {B}),
        (look({}, **blind(resource=VPC_RESOURCE)), ALL),
    ],
)
def test_absence_counts_only_where_nothing_could_hide_the_resource(
    seen: Snapshot, kept: frozenset[str]
) -> None:
    life = Life()
    life.take(look(dict.fromkeys(CLUSTERS, "high")))
    life.take(seen)
    assert {name for name in CLUSTERS if life.of(name).state is State.OPEN} == kept
    assert all(life.of(name).seen == mark(1) for name in kept)


def test_a_check_that_was_not_asked_resolves_nothing() -> None:
    life = Life()
    life.take(look({A: "high"}))
    assert life.take(look({}), checks=()) == ()
    other = dataclasses.replace(CHECK, id="VPC998")
    assert life.take(look({}), checks=(other,)) == ()


def test_a_blind_region_is_unknown_until_its_check_can_be_asked() -> None:
    life = Life()
    life.take(look({A: "high"}, **blind()))
    region = life.of("eu-west-1")
    assert (region.state, region.finding.resource.type) == (State.UNKNOWN, "AWS::Region")
    assert life.take(look({}), checks=()) == ()
    life.take(look({A: "high"}, partial=True, selected=("search",)))
    assert life.of("eu-west-1").resolution is Resolution.GONE


@pytest.mark.parametrize(
    ("about", "cluster", "kept"),
    [
        (cluster_resource(look({}), "payments"), "payments", {A, C}),
        (Resource(type="AWS::Region", id="eu-west-1"), None, ALL),
    ],
)
def test_an_unknown_of_the_whole_hides_what_the_check_would_say_within_it(
    about: Resource, cluster: str | None, kept: frozenset[str]
) -> None:
    life = Life()
    life.take(look(dict.fromkeys(CLUSTERS, "high")))

    def says(_: Snapshot, __: Limits) -> Iterator[Answer]:
        yield Unseen(resource=about, cluster=cluster, api="a", error="b", message="dark")

    life.take(look({}), checks=(dataclasses.replace(CHECK, evaluate=says),))
    assert {name for name in CLUSTERS if life.of(name).state is State.OPEN} == kept


def test_an_unknown_of_a_cluster_is_gone_once_its_resources_are_judged() -> None:
    life = Life()
    life.take(look({A: "high"}, **blind(cluster="payments")))
    assert life.of("payments").state is State.UNKNOWN
    life.take(look({A: "high"}))
    assert life.of("payments").resolution is Resolution.GONE
    assert life.of(A).state is State.OPEN


def test_a_suppressed_finding_lives_like_any_other_and_is_news_when_that_ends() -> None:
    life = Life()
    life.take(look({A: "low"}), suppressed=ACCEPTED)
    assert life.of(A).state is State.OPEN
    assert not untold(life.known.values())
    assert not unannounced(life.known.values())
    life.take(look({A: "low"}))
    assert untold(life.known.values()).opened == (life.of(A),)
    assert unannounced(life.known.values()) == (life.of(A),)
    life.tell()
    life.take(look({A: "high"}), suppressed=ACCEPTED)
    assert not untold(life.known.values())
    life.take(look({A: "pass"}), suppressed=ACCEPTED)
    assert untold(life.known.values()).resolved == (life.of(A),)
    assert unannounced(life.known.values()) == (life.of(A),)


def test_the_bus_hears_once_of_each_state_whichever_run_saw_it() -> None:
    life = Life()
    life.take(look({A: "high", B: "low"}))
    life.take(look({A: "high", B: "pass"}))
    assert unannounced(life.known.values()) == (life.of(A), life.of(B))
    life.announce()
    assert not unannounced(life.known.values())
    life.take(look({A: "unknown"}))
    assert not unannounced(life.known.values())
    life.take(look({A: "pass"}))
    assert unannounced(life.known.values()) == (life.of(A),)


def test_what_a_run_changes_is_in_report_order() -> None:
    life = Life()
    life.take(look({A: "critical", C: "low"}))
    changed = life.take(look({B: "high", C: "pass"}))
    assert [each.finding.resource.id for each in changed] == [A, B, C]


def test_of_two_answers_about_one_resource_the_worse_counts() -> None:
    bad, fine = look({A: "high"}), look({A: "pass"})
    for both in ((*judge(bad), *judge(fine)), (*judge(fine), *judge(bad))):
        (found,) = advance((), both, bad, [CHECK], mark(1))
        assert found.state is State.OPEN


SIGHT: dict[str, tuple[dict[str, object], frozenset[str]]] = {
    "whole": ({}, frozenset()),
    "region blind": (blind(), ALL),
    "wanted facet blind": (blind(Facet.ADDON_VPC_CNI), ALL),
    "cluster blind": (blind(cluster="payments"), frozenset({A, C})),
    "partial": ({"partial": True}, ALL),
    "narrowed": ({"selected": ("payments",)}, frozenset({B, C})),
}
WORDS = st.sampled_from(["pass", "low", "high", "unknown"])
Round = tuple[dict[str, str], str, bool]
ROUNDS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(sorted(CLUSTERS)), WORDS),
        st.sampled_from(sorted(SIGHT)),
        st.booleans(),
    ),
    max_size=7,
)


def definite(
    told: Mapping[str, Status], *, asked: bool, hidden: frozenset[str]
) -> Iterator[tuple[str, bool]]:
    """Yield each subnet of which the run tells for certain whether it fails."""
    for name in CLUSTERS:
        status = told.get(name)
        if status in {Status.FAIL, Status.PASS}:
            yield name, status is Status.FAIL
        elif status is None and asked and name not in hidden:
            yield name, False


@settings(max_examples=120, deadline=None)
@given(ROUNDS)
def test_open_is_what_last_failed_and_neither_passed_nor_went_away(rounds: list[Round]) -> None:
    life, failing = Life(), dict[str, bool]()
    for words, sight, asked in rounds:
        parts, hidden = SIGHT[sight]
        listed = {name: words[name] for name in words if sight != "narrowed" or name not in hidden}
        seen, checks = look(listed, **parts), (CHECK,) if asked else ()
        told = {each.resource.id: each.status for each in run(seen, checks, Limits())}
        life.take(seen, checks=checks)
        failing.update(definite(told, asked=asked, hidden=hidden))
        states = {each.finding.resource.id: each.state for each in life.known.values()}
        for name in CLUSTERS:
            assert (states.get(name) is State.OPEN) == failing.get(name, False)


@settings(max_examples=120, deadline=None)
@given(ROUNDS)
def test_a_record_is_at_one_with_itself_and_a_second_look_changes_nothing(
    rounds: list[Round],
) -> None:
    life = Life()
    for words, sight, asked in rounds:
        seen, checks = look(words, **SIGHT[sight][0]), (CHECK,) if asked else ()
        unknown = {e.finding_id for e in run(seen, checks, Limits()) if e.status is Status.UNKNOWN}
        life.take(seen, checks=checks)
        after = dict(life.known)
        assert all(after[name].state is not State.RESOLVED for name in unknown)
        for each in after.values():
            assert each.finding.first_seen <= each.finding.last_seen <= mark(life.runs).at
            assert (each.resolution is None) == (each.state is not State.RESOLVED)
            assert (each.resolved is None) == (each.resolution is None)
            assert each.opened is not None or each.state is not State.OPEN
        life.take(seen, checks=checks, again=True)
        assert life.known == after


@given(st.permutations([A, B, C]), WORDS)
def test_the_order_of_what_is_known_and_found_does_not_matter(names: list[str], word: str) -> None:
    seen = look(dict.fromkeys(CLUSTERS, word))
    first = advance((), judge(look(dict.fromkeys(CLUSTERS, "high"))), seen, [CHECK], mark(1))
    place = {name: number for number, name in enumerate(names)}
    mixed = sorted(judge(seen), key=lambda each: place[each.resource.id])
    swapped = sorted(first, key=lambda each: place[each.finding.resource.id])
    assert advance(swapped, mixed, seen, [CHECK], mark(2)) == advance(
        first, judge(seen), seen, [CHECK], mark(2)
    )
