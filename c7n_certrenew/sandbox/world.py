"""What the sandbox knows beyond moto's backends, and the values its users see."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .clock import Clock
from .faults import Faults
from .identities import Identities
from .script import Script
from .throttle import Buckets

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from .appsync import CustomDomain

QUOTA = 20
"""Server certificates that an account may keep (AWS row 9)."""

ACM_QUOTA = 2500
"""Certificates that an account may import into ACM in a region (ACM guide, "Quotas")."""

Use = tuple[str, frozenset[str | None]]
"""The ARN of something that serves certificates, and what it holds: ARNs, or ids of IAM's."""


@dataclass(frozen=True)
class Call:
    """Record one API call as the server saw it; `error_code` is None when it succeeded.

    For an answer that was lost or spoilt `error_code` is the kind of the fault. A scripted call
    was made by a change of the script.
    """

    account_id: str
    region: str
    service: str
    operation: str
    parameters: Mapping[str, Any]
    error_code: str | None
    scripted: bool = False


@dataclass(frozen=True)
class Propagation:
    """Say how long an uploaded certificate stays unknown to the load balancers of a region.

    It is unknown for the first `calls` calls that refer to it and for `seconds` after the upload,
    whichever is longer, counted for each region apart (AWS row 1). What holds is what was set at
    the moment of the upload.
    """

    calls: int = 0
    seconds: float = 0


@dataclass(frozen=True)
class Listener:
    """Describe a listener to create; HTTPS, SSL and TLS need a certificate, others take none."""

    port: int
    protocol: str
    certificate: str | None = None
    sni: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bound:
    """Hold the certificates of a listener at one moment: the default and the SNI list, as ARNs."""

    default: str | None
    sni: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Spread:
    propagation: Propagation
    uploaded: float


@dataclass
class World:
    """Hold the sandbox's settings, and its state, which :meth:`clear` forgets."""

    regions: frozenset[str]
    partition: str
    page_size: int = 400
    endpoint: str | None = None
    latency: float = 0
    propagation: Propagation = field(default_factory=Propagation)
    clock: Clock = field(default_factory=Clock)
    throttle: Buckets = field(default_factory=Buckets)
    lock: threading.RLock = field(default_factory=threading.RLock)
    faults: Faults = field(default_factory=Faults)
    script: Script = field(default_factory=Script)
    identities: Identities = field(default_factory=Identities)
    journal: list[Call] = field(default_factory=list)
    quota: int = QUOTA
    acm_quota: int = ACM_QUOTA
    detach_lag: float = 0
    deployment: float = 0
    released: dict[str, tuple[str, float]] = field(default_factory=dict)
    sni: dict[str, tuple[str, ...]] = field(default_factory=dict)
    domains: dict[str, CustomDomain] = field(default_factory=dict)
    changes: dict[tuple[str, int], list[tuple[float, Bound]]] = field(default_factory=dict)
    _spread: dict[str, _Spread] = field(default_factory=dict)
    _references: Counter[tuple[str, str]] = field(default_factory=Counter)

    def now(self) -> dt.datetime:
        """Return the time by which certificates are judged, aware UTC."""
        return self.clock.now()

    def monotonic(self) -> float:
        """Return the seconds by which delays are measured."""
        return self.clock.monotonic()

    def clear(self) -> None:
        """Forget all state; the settings of the profile stay."""
        self.faults.clear()
        self.script.clear()
        self.identities.clear()
        self.throttle.clear()
        self.clock.reset()
        self.quota, self.acm_quota, self.detach_lag = QUOTA, ACM_QUOTA, 0
        self.deployment = 0
        self.domains.clear()
        self.released.clear()
        for state in (self.journal, self.sni, self.changes, self._spread, self._references):
            state.clear()

    def uploaded(self, arn: str) -> None:
        """Start the propagation of a certificate that has just been uploaded."""
        self._spread[arn] = _Spread(self.propagation, self.monotonic())
        for key in [key for key in self._references if key[0] == arn]:
            del self._references[key]

    def propagated(self, arn: str, region: str) -> bool:
        """Count one reference to a certificate in a region and say whether it is known there."""
        spread = self._spread.get(arn)
        if spread is None:
            return True
        self._references[arn, region] += 1
        early = self._references[arn, region] <= spread.propagation.calls
        return not early and self.monotonic() >= spread.uploaded + spread.propagation.seconds

    def changed(self, dns_name: str, port: int, before: Bound, delay: float = 0) -> None:
        """Remember what was served until now, or so many seconds on, for a data plane that lags."""
        over = self.monotonic() + delay
        self.changes.setdefault((dns_name, port), []).append((over, before))
