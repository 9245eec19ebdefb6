"""Approve or reject a plan: a signed POST to this function's URL."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from eksnet.observability import logger
from eksnet.pipeline.decide import decide
from eksnet.pipeline.requests import RejectedError
from eksnet.pipeline.services import services
from eksnet.pipeline.url_requests import BAD_REQUEST, OK, REFUSED, UNAVAILABLE, answer, decided
from eksnet.store.interface import StoreError


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, object]:  # noqa: ANN401, ARG001
    """Return the HTTP answer: 200 the word counts, 409 it does not, 400 it is none, 503 later."""
    try:
        request, principal = decided(event)
        done = decide(request, principal, services())
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return answer(BAD_REQUEST, {"rejected": str(reason)})
    except StoreError as problem:
        logger.warning("unavailable", extra={"reason": str(problem)})
        return answer(UNAVAILABLE, {"rejected": f"try again: {problem}"})
    said = {"plan": request.plan_id, "by": principal.arn, "counts": done.counts}
    logger.info("decided", extra={"decision": {**said, "say": request.do}})
    return answer(OK if done.counts else REFUSED, {"counts": done.counts, "text": done.text})
