"""Audit one target of a run."""

import dataclasses
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from eksnet.observability import logger
from eksnet.pipeline.requests import AuditRequest, RejectedError, parsed
from eksnet.pipeline.services import services
from eksnet.pipeline.target import audit_requested


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, object]:  # noqa: ANN401, ARG001
    """Return the target's figures, or why the event is none."""
    try:
        audited = audit_requested(parsed(AuditRequest, event), services())
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return {"rejected": str(reason)}
    logger.info("audited", extra={"target": dataclasses.asdict(audited)})
    return dataclasses.asdict(audited)
