import datetime as dt
import json
import logging
import os
import pathlib
import random

import pytest

from eksnet.collect.dump import read_dump
from eksnet.model.errors import InputError
from tests.collect import recorded
from tests.collect.recorded import account, fill, read


def test_names_and_order_of_files_do_not_matter(tmp_path: pathlib.Path) -> None:
    whole = read(tmp_path / "a", account())
    owned = {key: raw for key, raw in account().items() if "list-" in key or "get-" in key}
    others = [raw for key, raw in account().items() if key not in owned]
    random.Random(3).shuffle(others)  # noqa: S311 - an order, not a secret
    renamed = owned | {f"file {number}": raw for number, raw in enumerate(others)}
    renamed["list-nodegroups-payments"] = renamed.pop("eks-list-nodegroups-payments")
    assert read(tmp_path / "b", renamed) == whole


def test_an_empty_token_is_the_end_of_the_list(tmp_path: pathlib.Path) -> None:
    files = account()
    files["describe-subnets"] |= {"NextToken": "", "nextToken": None}
    assert read(tmp_path, files).blinds == ()


def test_several_files_of_a_kind_are_merged_and_duplicates_dropped(tmp_path: pathlib.Path) -> None:
    files = account()
    files["more"] = {"Subnets": [recorded.subnet(), recorded.subnet("subnet-0c")]}
    snapshot = read(tmp_path, files)
    assert [each.id for each in snapshot.subnets] == ["subnet-0a", "subnet-0b", "subnet-0c"]


def test_the_time_is_the_newest_files(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, account())
    for number, path in enumerate(sorted(tmp_path.iterdir())):
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    found = read_dump(tmp_path, None, None, partial=False).captured_at
    assert found == dt.datetime.fromtimestamp(1_000_000 + len(account()) - 1, dt.UTC)


def test_what_is_in_folders_is_left_alone(tmp_path: pathlib.Path) -> None:
    whole = read(tmp_path, account())
    fill(tmp_path / "extra", {"describe-subnets_2": {"Subnets": [recorded.subnet("subnet-0z")]}})
    (tmp_path / "notes.md").write_text("not JSON", encoding="utf-8")
    assert read(tmp_path, {}) == whole


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ('{"Subnets": [', "not whole JSON"),
        ("[]", "object"),
        ("null", "object"),
        ('{"Subnets": {}}', "Subnets is not a list"),
        ('{"Subnets": [{}]}', r"Subnets\[0\] has no 'SubnetId'"),
        ('{"Subnets": [3]}', r"Subnets\[0\] can't be read"),
        ('{"cluster": {"name": "x"}}', "cluster has no"),
        ('{"nodegroups": 3}', "nodegroups is not a list"),
        ('{"AttachedPolicies": [{}]}', "AttachedPolicies has no 'PolicyArn'"),
        ("\x00", "not whole JSON"),
    ],
)
def test_a_broken_file_is_one_line_that_names_it(
    tmp_path: pathlib.Path, text: str, says: str
) -> None:
    fill(tmp_path, account())
    (tmp_path / "broken.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=says) as caught:
        read_dump(tmp_path, None, None, partial=False)
    assert str(tmp_path / "broken.json") in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_every_truncation_of_a_file_is_refused(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, account())
    path = tmp_path / "describe-subnets.json"
    whole = path.read_text(encoding="utf-8")
    for size in range(0, len(whole), 37):
        path.write_text(whole[:size], encoding="utf-8")
        with pytest.raises(InputError, match="describe-subnets"):
            read_dump(tmp_path, None, None, partial=False)


def test_values_of_the_wrong_type_are_refused(tmp_path: pathlib.Path) -> None:
    files = account() | {"s": {"Subnets": [recorded.subnet("s-1", AvailableIpAddressCount="x")]}}
    with pytest.raises(InputError, match="free_ips"):
        read(tmp_path, files)


def test_no_folder_and_no_file_are_refused(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match=r"no \.json file"):
        read_dump(tmp_path, None, None, partial=False)
    with pytest.raises(InputError, match="No such file"):
        read_dump(tmp_path / "nowhere", None, None, partial=False)


def test_what_windows_shells_write_is_read(tmp_path: pathlib.Path) -> None:
    whole = read(tmp_path / "a", account())
    folder = fill(tmp_path / "b", account())
    for encoding, path in zip(("utf-16", "utf-8-sig"), sorted(folder.iterdir()), strict=False):
        path.write_text(path.read_text(encoding="utf-8"), encoding=encoding)
    assert read(folder, {}) == whole


def test_unknown_keys_are_named_and_ignored(
    tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = account() | {"describe-addresses": {"Addresses": []}}
    with caplog.at_level(logging.WARNING):
        assert read(tmp_path, files).blinds == ()
    assert "describe-addresses.json: not used: Addresses" in caplog.text


def test_the_files_are_not_changed(tmp_path: pathlib.Path) -> None:
    fill(tmp_path, account())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    read_dump(tmp_path, None, None, partial=False)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert all(json.loads(each) for each in before.values())
