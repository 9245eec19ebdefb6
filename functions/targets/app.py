"""Begin a run: who is audited, and where that is written down for the fan-out."""

import dataclasses
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from eksnet.observability import logger
from eksnet.pipeline.begin import begin
from eksnet.pipeline.requests import BeginRequest, RejectedError, parsed
from eksnet.pipeline.services import services


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, object]:  # noqa: ANN401, ARG001
    """Return the run and its list of targets, or why the event is none."""
    try:
        request = parsed(BeginRequest, event)
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return {"rejected": str(reason)}
    begun = begin(request, services())
    logger.info("begun", extra={"run": dataclasses.asdict(begun)})
    return dataclasses.asdict(begun)
