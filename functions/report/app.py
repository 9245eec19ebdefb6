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
        letter = tell_requested(parsed(ReportRequest, event), services())
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return {"rejected": str(reason)}
    publish(letter.figures)
    logger.info("told", extra={"run": letter.run_id, "subject": letter.subject})
    return {"run_id": letter.run_id, "subject": letter.subject, "report": letter.report}
