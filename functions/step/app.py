"""Do one step of a plan's execution."""

import dataclasses
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from eksnet.observability import logger
from eksnet.pipeline.carry_out import step
from eksnet.pipeline.requests import RejectedError, parsed
from eksnet.pipeline.services import services
from eksnet.pipeline.url_requests import StepRequest


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, object]:  # noqa: ANN401, ARG001
    """Return where the plan stands, and whether and when to come again."""
    try:
        done = step(parsed(StepRequest, event), services())
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return {"rejected": str(reason)}
    logger.info("stepped", extra={"progress": dataclasses.asdict(done)})
    return dataclasses.asdict(done)
