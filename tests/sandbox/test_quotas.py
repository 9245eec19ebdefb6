import pytest
from botocore.exceptions import ClientError

from sandbox import denials
from sandbox.corrections.quotas import apply_quota
from tests.sandbox.clients import Aws, connect

INTERFACES = "L-DF5E4CA3"
HOME, REGION = "111122223333", "eu-west-1"


def listed(region: str, **parameters: object) -> dict[str, float]:
    client = connect("service-quotas", region)
    pages = client.get_paginator("list_service_quotas").paginate(ServiceCode="vpc", **parameters)
    return {each["QuotaCode"]: each["Value"] for page in pages for each in page["Quotas"]}


@pytest.mark.usefixtures("aws")
def test_list_service_quotas_pages_through_the_applied_values() -> None:
    whole = listed(REGION)
    assert whole[INTERFACES] == 5000
    assert listed(REGION, PaginationConfig={"PageSize": 7}) == whole


@pytest.mark.usefixtures("aws")
def test_an_applied_value_is_of_its_account_and_region() -> None:
    apply_quota(HOME, REGION, INTERFACES, 7500)
    assert listed(REGION)[INTERFACES] == 7500
    assert listed("us-east-1")[INTERFACES] == 5000


def test_its_name_in_a_denial_is_that_of_iam(aws: Aws) -> None:
    assert aws
    with denials.denied("servicequotas:ListServiceQuotas"), pytest.raises(ClientError) as refused:
        listed(REGION)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
