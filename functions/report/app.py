"""Tell people of a run: the page, the mail, the metrics."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from eksnet.observability import logger, publish
from eksnet.pipeline.requests import RejectedError, ReportRequest, parsed
from eksnet.pipeline.services import services
from eksnet.pipeline.tell import tell_requested


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, object]:  # noqa: ANN401, ARG001
    """Return what people were told, or why the event is none."""
    try:
        told = tell_requested(parsed(ReportRequest, event), services())
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return {"rejected": str(reason)}
    publish(told.figures)
    logger.info("told", extra={"subject": told.subject, "already": told.already})
    return {"run_id": told.run_id, "subject": told.subject, "report": told.report}
