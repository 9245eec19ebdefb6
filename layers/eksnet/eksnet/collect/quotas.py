"""The quotas that are applied to the account, read by one paged call a service."""

from collections.abc import Iterator

from eksnet.collect.calls import Calls
from eksnet.collect.parse_ec2 import Raw
from eksnet.model.quota import Quota

SERVICE = "servicequotas"  # its prefix in IAM; botocore's and the command line's has a hyphen
OPERATION = "ListServiceQuotas"
API = f"{SERVICE}:{OPERATION}"
KEY = "Quotas"
OF = "vpc"  # the service code of Amazon VPC: network interfaces are counted there too
PAGE = 100  # Service Quotas API reference, ListServiceQuotas: MaxResults


def quotas(raw: Raw) -> Iterator[Quota]:
    """Yield the quota, unless Service Quotas could not tell its value."""
    if raw.get("Value") is not None:
        yield Quota(
            id=raw["QuotaCode"],
            arn=raw.get("QuotaArn", ""),
            service=raw.get("ServiceCode", OF),
            name=raw.get("QuotaName", ""),
            value=int(raw["Value"]),
        )


def read_quotas(calls: Calls) -> list[Quota]:
    """Return the applied quotas of Amazon VPC; one that has no applied value is not among them.

    Raises:
        RefusedError: AWS refused, or could not be reached.
        NoAccessError: there are no usable credentials.
    """
    return calls.pages(
        SERVICE,
        OPERATION,
        lambda page: [quota for raw in page[KEY] or () for quota in quotas(raw)],
        ServiceCode=OF,
        PaginationConfig={"PageSize": PAGE},
    )
