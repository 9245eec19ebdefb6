"""Make a plan, carry one out or take it back: a signed POST to this function's URL."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from eksnet.observability import logger
from eksnet.pipeline.ask import ask
from eksnet.pipeline.requests import RejectedError
from eksnet.pipeline.services import services
from eksnet.pipeline.url_requests import BAD_REQUEST, OK, REFUSED, UNAVAILABLE, answer, asked
from eksnet.store.interface import StoreError


@logger.inject_lambda_context(clear_state=True)
def handler(event: Any, context: LambdaContext) -> dict[str, object]:  # noqa: ANN401, ARG001
    """Return the HTTP answer: 200 it is done, 409 it can't be, 400 it is no request, 503 later."""
    try:
        request, principal = asked(event)
        done = ask(request, principal, services())
    except RejectedError as reason:
        logger.warning("rejected", extra={"reason": str(reason)})
        return answer(BAD_REQUEST, {"rejected": str(reason)})
    except StoreError as problem:
        logger.warning("unavailable", extra={"reason": str(problem)})
        return answer(UNAVAILABLE, {"rejected": f"try again: {problem}"})
    logger.info("asked", extra={"request": request.do, "by": principal.arn, "done": done.done})
    return answer(OK if done.done else REFUSED, done.said)
