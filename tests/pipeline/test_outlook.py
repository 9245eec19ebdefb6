"""What a report is given to draw: accounts and verdicts of a snapshot, forecasts of a store."""

import dataclasses
import json

import pytest

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.model.audit import Audit, Counted
from eksnet.model.history import Judgement
from eksnet.model.snapshot import Blind, Facet, Snapshot
from eksnet.pipeline import address_map, outlook
from eksnet.pipeline.address_map import ledgers_shown
from eksnet.pipeline.audit import judge
from eksnet.pipeline.recall import Recalled, recall
from eksnet.pipeline.tell import compose
from eksnet.store.bodies import parsed, written
from eksnet.store.memory import MemoryStore
from tests.build import NOW, accounted, cluster, node_eni, node_group, snapshot, subnet
from tests.pipeline.test_forecast import falling, rows, store, use
from tests.store.records import judgement, run


def seen(**parts: object) -> Snapshot:
    free = {"free_ips": 200}
    return snapshot(
        clusters=[cluster()],
        subnets=[subnet("subnet-a", free_ips=4), subnet("subnet-b", **free)],
        enis=[node_eni("eni-1", "i-1", prefixes=("10.0.0.32/28",))],
        **parts,
    )


def judged(one: Snapshot) -> Audit:
    return judge([one], catalogue(), Limits(), started_at=NOW)


def told(kept: MemoryStore, *names: str, **parts: object) -> outlook.Outlook:
    ledgers = judged(seen()).ledgers if parts.get("prefixes") else ()
    return outlook.outlook(kept, [use(each) for each in names], ledgers, NOW)


def test_an_audit_has_the_account_of_each_used_subnet_the_tightest_first() -> None:
    first, second = judged(accounted(seen())).ledgers
    assert (first.subnet_id, first.free_ips, first.owners and first.owners["prefix"]) == (
        "subnet-a",
        234,
        16,
    )
    assert first.grid
    assert first.grid[2] == "p"
    assert (second.subnet_id, second.owners, second.grid) == ("subnet-b", {}, "r" + "f" * 14 + "r")


def test_what_was_refused_is_unknown_with_its_reason() -> None:
    blind = Blind(
        facet=Facet.NETWORK_INTERFACES, api="ec2:DescribeNetworkInterfaces", error="Unauthorized"
    )
    (first, _) = judged(seen(blinds=(blind,))).ledgers
    assert (first.owners, first.not_seen, first.free_28, first.grid) == (None, None, None, None)
    assert first.unseen
    assert first.unseen.error == "Unauthorized"


def test_what_nobody_asked_for_is_not_drawn_and_no_gap() -> None:
    less = seen(seen=frozenset(Facet) - {Facet.CIDR_RESERVATIONS})
    (first, _) = ledgers_shown(less)
    assert (first.grid, first.free_28, first.unseen) == (None, None, None)
    assert first.owners
    assert not list(ledgers_shown(seen(seen=frozenset({Facet.CLUSTERS, Facet.SUBNETS}))))


def test_only_the_tightest_keep_their_grid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(address_map, "GRIDS", 1)
    assert [each.grid is None for each in ledgers_shown(accounted(seen()))] == [
        False,
        True,
    ]


def test_each_zone_has_its_part_in_the_verdict() -> None:
    (found,) = judged(seen()).verdicts
    assert found.answer == "no"
    assert [(each.az_id, each.answer, each.free_ips) for each in found.zones] == [
        ("euw1-az1", "no", 4),
        ("euw1-az2", "yes", 200),
    ]
    assert found.reasons


def test_node_groups_are_judged_where_all_was_asked_for() -> None:
    one = seen(node_groups=[node_group(subnet_ids=("subnet-a",))])
    (found,) = judged(one).verdicts
    assert found.groups
    assert found.groups[0].node_group == "workers"
    assert set(found.groups[0].answers) == {"roll", "surge", "maximum"}
    assert "yes" in found.groups[0].answers.values() or found.groups[0].reasons
    narrowed = dataclasses.replace(one, seen=frozenset({Facet.CLUSTERS, Facet.SUBNETS}))
    (less,) = judged(narrowed).verdicts
    assert (less.answer, less.groups) == ("no", None)


def test_a_short_subnet_beside_a_roomy_one_puts_its_zone_at_risk() -> None:
    subnets = [
        subnet("subnet-a", free_ips=200),
        subnet("subnet-x", free_ips=1, cidr="10.0.9.0/24"),
        subnet("subnet-b", free_ips=200),
    ]
    wide = cluster(subnet_ids=("subnet-a", "subnet-x", "subnet-b"))
    (found,) = judged(snapshot(clusters=[wide], subnets=subnets)).verdicts
    assert [each.answer for each in found.zones] == ["at-risk", "yes"]


def test_a_cluster_that_could_not_be_read_is_unknown() -> None:
    blind = Blind(
        facet=Facet.CLUSTERS, api="eks:DescribeCluster", error="AccessDenied", cluster="dark"
    )
    hidden = dataclasses.replace(
        seen(), cluster_names=("payments", "dark", "other"), blinds=(blind,)
    )
    _, dark, other = judged(hidden).verdicts
    assert (dark.cluster, dark.answer) == ("dark", "unknown")
    assert dark.reasons == ("eks:DescribeCluster answered AccessDenied",)
    assert (other.cluster, other.reasons) == ("other", ("the cluster was not seen",))
    assert [
        each.cluster
        for each in judged(dataclasses.replace(hidden, selected=("payments",))).verdicts
    ] == ["payments"]


def test_the_soonest_comes_first_with_its_history() -> None:
    kept = store(rows("subnet-a", falling(70, 5)), rows("subnet-b", falling(20, 10)))
    found = told(kept, "subnet-a", "subnet-b").forecasts
    assert [(each.subnet_id, each.days) for each in found] == [
        ("subnet-b", 20),
        (None, 70),
        ("subnet-a", 70),
    ]
    assert found[0].points[0] == (-29, 490)
    assert found[0].points[-1] == (0, 200)
    assert found[1].points == ()


def test_a_zone_of_one_subnet_is_not_told_twice() -> None:
    kept = store(rows("subnet-a", falling(20, 10)))
    assert [each.subnet_id for each in told(kept, "subnet-a").forecasts] == ["subnet-a"]


def test_blocks_are_forecast_where_prefixes_are_given_out() -> None:
    kept = store(rows("subnet-a", falling(20, 32)), rows("subnet-b", falling(20, 32)))
    found = told(kept, "subnet-a", "subnet-b", prefixes=True).forecasts
    blocks = [each.subnet_id for each in found if each.counted is Counted.BLOCKS]
    assert blocks == ["subnet-a"]


def test_no_history_is_too_little_data_and_not_nothing() -> None:
    (found,) = told(store(), "subnet-a").forecasts
    assert (found.answer, found.missing) == ("too_little_data", "14 more days")


def test_the_roomiest_of_too_many_subnets_are_left_out_and_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outlook, "SUBNETS", 1)
    kept = store(rows("subnet-a", falling(20, 10)), rows("subnet-b", falling(70, 5)))
    uses = [dataclasses.replace(use("subnet-a"), free_ips=900), use("subnet-b")]
    found = outlook.outlook(kept, uses, (), NOW)
    assert ({each.subnet_id for each in found.forecasts} - {None}, found.left) == ({"subnet-b"}, 1)


def test_only_so_many_histories_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outlook, "TRENDS", 1)
    kept = store(rows("subnet-a", falling(70, 5)), rows("subnet-b", falling(20, 10)))
    drawn = [each.subnet_id for each in told(kept, "subnet-a", "subnet-b").forecasts if each.points]
    assert drawn == ["subnet-b"]


def remembered(one: Snapshot, kept: MemoryStore) -> Recalled:
    audit = judged(one)
    kept.begin(run())
    kept.put_judgement(
        judgement(subnets=audit.subnets, ledgers=audit.ledgers, verdicts=audit.verdicts)
    )
    return recall(kept)


def test_a_remembered_run_has_its_accounts_its_verdicts_and_what_its_history_foretells() -> None:
    audit, fresh = (
        remembered(seen(), store(rows("subnet-a", falling(20, 10)))).audit,
        judged(seen()),
    )
    assert (audit.ledgers, audit.verdicts) == (fresh.ledgers, fresh.verdicts)
    assert [(each.subnet_id, each.answer) for each in audit.forecasts] == [
        ("subnet-a", "dated"),
        ("subnet-a", "dated"),
        ("subnet-b", "too_little_data"),
    ]


def test_its_mail_says_when_the_subnet_runs_out() -> None:
    recalled = remembered(seen(), store(rows("subnet-a", falling(6, 10))))
    said = compose(recalled, table="eksnet")
    assert "1 subnet runs out in 6 days" in said.subject
    assert "RUNS OUT\n- subnet-a of payments" in said.body


def test_a_judgement_kept_before_there_were_maps_is_still_read() -> None:
    old = json.loads(written(judgement()))
    del old["ledgers"], old["verdicts"]
    assert parsed(Judgement, json.dumps(old), "s3:GetObject") == judgement()
