"""The hands that write to AWS: one call an action, never tried again by themselves."""

from typing import Any

import botocore
import botocore.exceptions

from eksnet.apply import aws_addons, aws_flow_logs, aws_network
from eksnet.apply.aws_doors import Doors
from eksnet.apply.aws_errors import lacks_permission, write_error
from eksnet.apply.aws_request import Hand, Mark, NotSeenError, Raw, Request, subnet_of
from eksnet.apply.interface import LostError, WriteError
from eksnet.collect.calls import BAD_CREDENTIALS, NO_CREDENTIALS
from eksnet.model.action import Action, AssociateRouteTable
from eksnet.model.snapshot import Snapshot

HANDS: dict[type, Hand[Any]] = {
    each.action: each for each in (*aws_network.HANDS, *aws_flow_logs.HANDS, *aws_addons.HANDS)
}
_REFUSED = 400
_ASSOCIATION = "rtbassoc-"  # what the id of a route table's association begins with
_UNDO = "-undo"  # a client token is for one request: undoing is another


class AwsHands:
    """Writes to the target of one plan; implements ``apply.interface.Hands``."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def do(self, action: Action, *, plan_id: str, token: str, seen: Snapshot) -> str | None:
        """Carry out an action; return the id of what was made, None for a setting.

        Raises:
            WriteError: it did not return; NotSeenError when nothing was sent.
            LostError: there is no way to call.
        """
        mark = Mark(plan_id=plan_id, token=token)
        return self._kept(HANDS[type(action)].do(action, mark, seen))

    def undo(self, action: Action, *, resource_id: str | None, token: str, seen: Snapshot) -> None:
        """Take an action back.

        Raises:
            WriteError: it did not return; NotSeenError when nothing was sent.
            LostError: there is no way to call.
        """
        if isinstance(action, AssociateRouteTable):
            resource_id = self._association(action, resource_id, seen)
        mark = Mark(plan_id=self._doors.plan_id, token=token + _UNDO)
        self._kept(HANDS[type(action)].undo(action, resource_id, mark, seen))

    def rehearse(self, action: Action, *, plan_id: str, seen: Snapshot) -> None:
        """Ask whether the caller may carry out an action, with DryRun; no-op without one.

        What earlier steps are still to make can't be named yet: then nothing is asked either.

        Raises:
            WriteError: it may not.
            LostError: there is no way to call.
        """
        try:
            mark = Mark(plan_id=plan_id, token=plan_id)
            request = HANDS[type(action)].do(action, mark, seen)
        except NotSeenError:
            return
        if not self._rehearsed(request.api):
            return
        try:
            self._call(request.api, {**request.parameters, "DryRun": True})
        except WriteError as problem:
            if lacks_permission(problem):
                raise

    def _rehearsed(self, api: str) -> bool:
        service, _, operation = api.partition(":")
        model = self._doors.client(service).meta.service_model.operation_model(operation)
        return "DryRun" in model.input_shape.members

    def _association(
        self, action: AssociateRouteTable, known: str | None, seen: Snapshot
    ) -> str | None:
        """Return the id of an association, which is looked up where no call has told it."""
        if known and known.startswith(_ASSOCIATION):
            return known
        api = "ec2:DescribeRouteTables"
        subnet = subnet_of(seen, action.vpc_id, action.subnet_cidr, api)
        answer = self._call(api, {"RouteTableIds": [action.route_table_id]})
        ids = [
            str(each["RouteTableAssociationId"])
            for table in answer["RouteTables"]
            for each in table.get("Associations") or ()
            if each.get("SubnetId") == subnet.id
        ]
        return ids[0] if ids else None

    def _kept(self, request: Request) -> str | None:
        answer = self._call(request.api, request.parameters)
        try:
            return request.made(answer)
        except (KeyError, TypeError) as problem:
            raise WriteError(request.api, "MalformedAnswer", sure=False) from problem

    def _call(self, api: str, parameters: Raw) -> Raw:
        service, _, operation = api.partition(":")
        client = self._doors.client(service)
        try:
            answer: Raw = getattr(client, botocore.xform_name(operation))(**parameters)
        except botocore.exceptions.ClientError as problem:
            raise _answered(api, problem) from problem
        except NO_CREDENTIALS as problem:
            raise LostError(str(problem)) from problem
        except botocore.exceptions.ParamValidationError as problem:
            raise WriteError(api, type(problem).__name__, sure=True) from problem
        except (botocore.exceptions.BotoCoreError, OSError) as problem:
            raise WriteError(api, type(problem).__name__, sure=False) from problem
        return answer


def _answered(api: str, problem: botocore.exceptions.ClientError) -> WriteError | LostError:
    code = str(problem.response.get("Error", {}).get("Code", "Unknown"))
    if code in BAD_CREDENTIALS:
        return LostError(f"{api} does not accept the credentials: {code}")
    status = problem.response.get("ResponseMetadata", {}).get("HTTPStatusCode", _REFUSED)
    return write_error(api, code, status)
