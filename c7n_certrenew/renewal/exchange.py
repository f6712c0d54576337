"""What is exchanged for what, and what one run did to one listener."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from c7n_certrenew.aws.consumers import CONSUMERS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from c7n_certrenew.core.model import AnyCertificate, Listener, Role
    from c7n_certrenew.core.plan import Stored
    from c7n_certrenew.core.x509 import Certificate


@dataclass(frozen=True)
class Exchange:
    """The old certificate, and the new one with its X.509 body.

    `new` is where AWS has the new one, by region: one for all regions, under the empty name, in
    IAM, and one for each region in ACM. What is `one_way` is never put back.
    """

    old: Stored
    new: Mapping[str, AnyCertificate]
    leaf: Certificate
    one_way: bool = False

    def at(self, listener: Listener) -> AnyCertificate:
        """Return the new certificate that a listener is to serve. Raises KeyError."""
        return self.new[listener.region if listener.region in self.new else ""]

    def references(self, listener: Listener) -> tuple[str, str]:
        """Return how a listener's service names the old certificate and the new one."""
        name = CONSUMERS[listener.service].reference
        return name(self.old.certificate), name(self.at(listener))


@dataclass
class Change:
    """What was asked for at one listener: in which roles, and how the last attempt ended.

    `swapped`: its list was full, so that one certificate was taken out before the other was
    added; `bridged`: the default served their names meanwhile. Without such a default that is done
    only if it `may_swap`.
    """

    roles: set[Role] = field(default_factory=set)
    request_ids: list[str] = field(default_factory=list)
    fault: Exception | None = None
    may_swap: bool = False
    swapped: bool = False
    bridged: bool = False

    def call(self, operation: Any, /, **parameters: Any) -> None:
        """Make one changing call and keep its request id."""
        answer = operation(**parameters)
        self.request_ids.append(answer["ResponseMetadata"].get("RequestId", ""))
