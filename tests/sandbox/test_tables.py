"""The table's answers are moto's own, only sooner; a failed transaction still changes nothing."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from sandbox import offline
from tests.store.tables import TABLE, client, make


@pytest.fixture
def table() -> Iterator[object]:
    with offline():
        made = client()
        make(made)
        for pk, sk in (("a", "1"), ("a", "2"), ("b", "1")):
            made.put_item(TableName=TABLE, Item=item(pk, sk))
        yield made


def item(pk: str, sk: str) -> dict[str, dict[str, str]]:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def keys(table: object, pk: str) -> list[str]:
    answer = table.query(  # type: ignore[attr-defined]
        TableName=TABLE,
        KeyConditionExpression="pk = :pk",
        ExpressionAttributeValues={":pk": {"S": pk}},
    )
    return [each["sk"]["S"] for each in answer["Items"]]


def test_a_query_gives_its_partition_and_no_other(table: object) -> None:
    assert (keys(table, "a"), keys(table, "b"), keys(table, "c")) == (["1", "2"], ["1"], [])


def test_a_failed_transaction_changes_nothing(table: object) -> None:
    absent = "attribute_not_exists(pk)"
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        table.transact_write_items(  # type: ignore[attr-defined]
            TransactItems=[
                {"Put": {"TableName": TABLE, "Item": item("a", "3")}},
                {
                    "Put": {
                        "TableName": TABLE,
                        "Item": item("b", "1"),
                        "ConditionExpression": absent,
                    }
                },
            ]
        )
    assert keys(table, "a") == ["1", "2"]
