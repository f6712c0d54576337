"""What a service that serves certificates must be able to do."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol

from botocore.parsers import ResponseParserError

from c7n_certrenew.core.model import (
    AnyCertificate,
    Binding,
    Listener,
    Role,
    ServerCertificate,
    Unread,
)

if TYPE_CHECKING:
    from c7n_certrenew.aws.clients import Clients


@dataclass(frozen=True)
class Serving:
    """The certificates that one listener serves at this moment, as its service names them.

    `settled` is False while the service says that its last change is still on its way.
    """

    default: str = ""
    sni: tuple[str, ...] = ()
    settled: bool = True

    def roles(self, certificate: str) -> tuple[Role, ...]:
        """Return the roles in which the listener serves a certificate."""
        default = (Role.DEFAULT,) if self.default == certificate else ()
        return (*default, Role.SNI) if certificate in self.sni else default


@dataclass(frozen=True)
class Part:
    """One load balancer that takes further calls to read, by its ARN.

    `read` returns its bindings and what could not be read of it. It raises what botocore
    raises where nothing answers; then the region is not asked for its other parts.
    """

    name: str
    read: Callable[[], Sequence[Binding | Unread]]


Known = Mapping[str, tuple[Listener, ...]]
"""Listeners that serve TLS, by part, as they were minutes ago; a part may have none."""

NOTHING_KNOWN: Known = MappingProxyType({})


Tags = Mapping[Listener, Mapping[str, str]]
TAGGED_AT_ONCE = 20
"""How many load balancers DescribeTags takes (botocore's models of elb and elbv2)."""


class Call(Protocol):
    """Make one changing call; the renewal retries it and keeps its request id."""

    def __call__(self, operation: Any, /, **parameters: Any) -> None:
        """Call `operation(**parameters)`. Raises what botocore raises."""


class Consumer(Protocol):
    """One AWS service: read its bindings, look at one listener, rebind it in place.

    A new one is a file beside this one, which calls it CONSUMER. `service` is what boto3 calls
    the service. `reads` are the IAM actions that an inventory takes, `writes` those that a rebind
    takes beyond them, `arns` the pattern of the resources that `writes` can be held to.
    `obstacle` says why listeners cannot be rebound in place, and what to do instead; empty where
    they can.
    """

    service: str
    reads: tuple[str, ...]
    writes: tuple[str, ...] = ()
    arns: str = "*"
    obstacle: str = ""

    def regions(self, clients: Clients, enabled: Sequence[str]) -> Sequence[str]:
        """Return the regions to look at: of those enabled the ones that have the service.

        A global service has that of its endpoint, whatever is enabled.
        """
        return enabled

    def takes(self, certificate: ServerCertificate) -> bool:
        """Say whether the service lets a certificate be bound that is called like this now."""
        return True

    def reference(self, certificate: AnyCertificate) -> str:
        """Return how the service names a certificate."""
        return certificate.arn

    def read(
        self, client: Any, region: str, known: Known = NOTHING_KNOWN
    ) -> Iterator[Binding | Unread | Part]:
        """Yield every binding of a region that its list shows, what is unread, and parts to read.

        Of parts that are `known` only the listeners need be read again; what has gone or
        changed there is read in full. Raises what botocore raises where the rest of the list could
        not be read; what came before holds.
        What was deleted meanwhile serves nothing and is not unread.
        """

    def tags(self, client: Any, listeners: Collection[Listener]) -> Tags:
        """Return the tags of what the listeners belong to. Raises what botocore raises."""

    def serving(self, client: Any, listener: Listener) -> Serving:
        """Read one listener live. Raises what botocore raises; LookupError when it is gone."""

    def rebind(
        self,
        client: Any,
        listener: Listener,
        roles: Collection[Role],
        old: str,
        new: str,
        call: Call,
    ) -> None:
        """Replace `old` by `new` in these roles, so that no moment is without a certificate.

        Both are given as the service names them. Raises what botocore raises, and RuntimeError
        where there is an `obstacle`.
        """
        raise RuntimeError(self.obstacle)

    def swap(self, client: Any, listener: Listener, old: str, new: str, call: Call) -> None:
        """Replace `old` by `new` in a list without room for both: for a moment neither is there.

        When `new` is refused `old` is put back at once. Raises what botocore raises; what the list
        holds then, a second look shows.
        """
        raise RuntimeError("there is no list")


@contextmanager
def whole() -> Iterator[None]:
    """Have an answer that is not as its model says raise what botocore raises for such a one.

    Raises ResponseParserError in place of KeyError and of what a value of another type leads to;
    it says what was missing, or wrong.
    """
    try:
        yield
    except KeyError as missing:
        raise ResponseParserError(f"an answer lacks {missing.args[0]}") from missing
    except (TypeError, AttributeError) as wrong:
        raise ResponseParserError(f"an answer is not as its model says: {wrong}") from wrong


def tag_map(tags: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """Return AWS's list of Key and Value as a mapping."""
    return {tag["Key"]: tag.get("Value", "") for tag in tags}
