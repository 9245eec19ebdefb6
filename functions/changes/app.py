"""Audit again what changed: a batch of queued EventBridge events."""

from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from eksnet.observability import logger, publish
from eksnet.pipeline.change import accept, audit_changes
from eksnet.pipeline.requests import ChangeEvent, RejectedError, SqsBatch, parsed
from eksnet.pipeline.services import services


def read(record: SQSRecord) -> ChangeEvent:
    """Return the change that a message tells of.

    Raises:
        RejectedError: it is none; the queue keeps it, and its dead-letter queue in the end.
    """
    try:
        return accept(parsed(ChangeEvent, record.body), services())
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason), "message": record.message_id})
        raise


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, object]:  # noqa: ANN401
    """Return the messages that are none, so that only they are tried again."""
    try:
        parsed(SqsBatch, event)
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return {"rejected": str(reason)}
    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(event["Records"], read, lambda_context=context):
        results = processor.process()
    changes = [change for status, change, _ in results if status == "success"]
    followed = audit_changes(changes, services())
    rejected = len(results) - len(changes)
    publish({"EventsRejected": rejected, "EventsSkipped": followed.skipped, **followed.figures})
    logger.info("followed", extra={"changes": len(changes), "skipped": followed.skipped})
    return dict(processor.response())
