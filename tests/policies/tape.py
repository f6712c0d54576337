"""What AWS answered in a world, kept: a dry run changes nothing, so its reads are not made again.

Most of a case is the simulation of AWS. With the answers of a world on tape other policies, and
mutants, are judged in it without building it.
"""

from __future__ import annotations

import copy
import pickle
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from c7n_certrenew.sandbox.actions import actions
from c7n_certrenew.sandbox.request import Request

if TYPE_CHECKING:
    from policies.worlds import Site

Key = tuple[str, str, str, str]


class NotOnTapeError(BaseException):
    """A call that nobody made while the world stood: no handler of errors may take it for AWS's."""


@dataclass
class Tape:
    """One world: where its files are and when it is judged, and each answer as it was."""

    site: Site
    answers: dict[Key, bytes | ClientError] = field(default_factory=dict)


class Player:
    """Answers calls from the tape that is in it, or makes them; notes the actions they need."""

    def __init__(self) -> None:
        self.tape: Tape | None = None
        self.standing = False
        """Whether the tape's world is the one that the sandbox has."""
        self.noted: set[str] = set()

    def attach(self, client: Any) -> Any:
        """Let a client's calls come here."""
        make = client._make_api_call
        service, region = client.meta.service_model.service_name, client.meta.region_name

        def call(operation: str, parameters: dict[str, Any]) -> Any:
            request = Request("", region, service, operation, parameters)
            self.noted.update(actions(request))
            if self.tape is None:
                return make(operation, parameters)
            key = (service, region, operation, repr(sorted(parameters.items())))
            if key not in self.tape.answers:
                self.tape.answers[key] = self._record(make, operation, parameters)
            answer = self.tape.answers[key]
            if isinstance(answer, ClientError):
                raise copy.copy(answer)
            return pickle.loads(answer)

        client._make_api_call = call
        return client

    def _record(self, make: Any, operation: str, parameters: dict[str, Any]) -> Any:
        if not self.standing:
            raise NotOnTapeError(operation)
        try:
            return pickle.dumps(make(operation, parameters))
        except ClientError as error:
            return error
