"""A distribution as CloudFront keeps and describes it."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .distribution_config import aliases_of

if TYPE_CHECKING:
    import datetime as dt

    from .world import Bound, World

_SUMMARISED = (
    *("Aliases", "Origins", "OriginGroups", "DefaultCacheBehavior", "CacheBehaviors"),
    *("CustomErrorResponses", "Comment", "PriceClass", "Enabled", "ViewerCertificate"),
    *("Restrictions", "WebACLId", "HttpVersion", "IsIPV6Enabled"),
)


def unique(first: str) -> str:
    """Return a new identifier of 14 characters, as CloudFront makes them."""
    alphabet = string.ascii_uppercase + string.digits
    return first + "".join(secrets.choice(alphabet) for _ in range(13))


def edge_name() -> str:
    """Return a new domain name, as CloudFront gives one to each distribution."""
    return f"{unique('d').lower()}.cloudfront.net"


@dataclass
class Distribution:
    """Hold a distribution under the attribute names that moto uses for its own.

    `deployed` is when its last change has reached every edge, on the world's monotonic clock.
    """

    account_id: str
    partition: str
    distribution_config: dict[str, Any]
    bound: Bound
    last_modified_time: dt.datetime
    deployed: float
    id: str = field(default_factory=lambda: unique("E"))
    domain_name: str = field(default_factory=edge_name)
    etag: str = field(default_factory=lambda: unique("E"))
    former_etags: tuple[str, ...] = ()
    status: str = "InProgress"
    in_progress_invalidation_batches: int = 0

    @property
    def arn(self) -> str:
        """Return the ARN, which has no region."""
        return f"arn:{self.partition}:cloudfront::{self.account_id}:distribution/{self.id}"

    @property
    def location(self) -> str:
        """Return the URL that a creation answers."""
        return f"https://cloudfront.amazonaws.com/2020-05-31/distribution/{self.id}"

    @property
    def aliases(self) -> tuple[str, ...]:
        """Return the alternate domain names."""
        return aliases_of(self.distribution_config)

    @property
    def summary(self) -> dict[str, Any]:
        """Return the DistributionSummary of the API."""
        config = self.distribution_config
        return {
            "Id": self.id,
            "ARN": self.arn,
            "ETag": self.etag,
            "Status": self.status,
            "LastModifiedTime": self.last_modified_time,
            "DomainName": self.domain_name,
            "Staging": False,
            **{name: config[name] for name in _SUMMARISED if name in config},
        }

    def seen(self, world: World) -> Distribution:
        """Return it with the status that it has now."""
        self.status = "Deployed" if world.monotonic() >= self.deployed else "InProgress"
        return self

    def changed(self, config: dict[str, Any], bound: Bound, world: World) -> None:
        """Take another configuration, as a new version that is not deployed yet."""
        self.distribution_config, self.bound = config, bound
        self.former_etags, self.etag = (*self.former_etags, self.etag), unique("E")
        self.last_modified_time = world.now()
        self.deployed = world.monotonic() + world.deployment
