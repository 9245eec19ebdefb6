"""Applied quotas: ListServiceQuotas pages through the values that the account has.

Service Quotas API reference, ListServiceQuotas: "Lists the applied quota values for the specified
AWS service", at most 100 a page. Moto lists the defaults of Amazon VPC only, those of another
Region, and knows no applied values.
"""

import json
from collections.abc import Mapping
from typing import Any

from moto.servicequotas.models import ServiceQuotasBackend, servicequotas_backends
from moto.servicequotas.responses import ServiceQuotasResponse

from sandbox.corrections.lack import lacks, lacks_operation

PAGE = 100  # Service Quotas API reference: MaxResults is 1 to 100


def apply_quota(account: str, region: str, code: str, value: float) -> None:
    """Let the account have another value of a quota than the default."""
    backend: Any = servicequotas_backends[account][region]
    backend.applied = {**getattr(backend, "applied", {}), code: value}


def _quota(backend: ServiceQuotasBackend, default: Mapping[str, Any]) -> dict[str, Any]:
    code = default["QuotaCode"]
    where = f"{backend.region_name}:{backend.account_id}"
    applied: Mapping[str, float] = getattr(backend, "applied", {})
    return {
        **default,
        "QuotaArn": f"arn:aws:servicequotas:{where}:{default['ServiceCode']}/{code}",
        "Value": applied.get(code, default["Value"]),
    }


def list_service_quotas(response: ServiceQuotasResponse) -> str:
    """ListServiceQuotas."""
    asked = json.loads(response.body)
    backend = response.backend
    every = [
        _quota(backend, each)
        for each in backend.list_aws_default_service_quotas(str(asked.get("ServiceCode")))
    ]
    start = int(asked.get("NextToken") or 0)
    end = start + min(int(asked.get("MaxResults") or PAGE), PAGE)
    more = {"NextToken": str(end)} if end < len(every) else {}
    return json.dumps({"Quotas": every[start:end], **more})


def install() -> None:
    """Add the operation."""
    lacks_operation(ServiceQuotasResponse, list_service_quotas.__name__)
    lacks(ServiceQuotasBackend, "applied")
    setattr(ServiceQuotasResponse, list_service_quotas.__name__, list_service_quotas)
