"""Where Custodian gets server certificates from: IAM's list, with tags where these are asked for.

And the ARN that Custodian calls them by, which IAM says.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from c7n.cache import NullCache
from c7n.query import DescribeSource

from c7n_certrenew.core.model import Unread
from c7n_certrenew.elements import host
from c7n_certrenew.elements.schemas import ACTION, FILTER

if TYPE_CHECKING:
    from c7n.query import QueryResourceManager

log = logging.getLogger("custodian.certrenew")

TAGS = "Tags"
_READING = frozenset({"marked-for-op", "tag-count"})
"""Elements that look at tags whatever their options are."""
_OF_THEIR_OWN = frozenset({FILTER, ACTION, "superseded", "prune", "remove-tag", "untag", "unmark"})
"""Elements that read tags themselves, or need none."""
_TELLING = frozenset({"notify", "post-finding", "post-item", "put-metric", "webhook"})
"""Actions that change nothing."""
_MENTION = re.compile(r"\btag:|\bTags\b|\bresource-owner\b|^slack://tag/")
_BLOCKS = ("and", "or", "not")


def mentions_tags(value: Any) -> bool:
    """Say whether filters or actions, as YAML has them, look at a certificate's tags."""
    if isinstance(value, str):
        return value in _READING or _MENTION.search(value) is not None
    if isinstance(value, (list, tuple)):
        return any(map(mentions_tags, value))
    if not isinstance(value, Mapping) or value.get("type") in _OF_THEIR_OWN:
        return False
    return any(mentions_tags(part) for pair in value.items() for part in pair) or _looks_up(value)


def _looks_up(value: Mapping[str, Any]) -> bool:
    """Say whether it is a tag that is set only where there is none (c7n 0.9.53's lookups)."""
    return value.get("type") == "resource" and "default-value" in value and "key" not in value


class CertificateSource(DescribeSource):
    """IAM's list of server certificates, live and with tags where the policy mentions tags.

    The list shows no tags: that costs a ListServerCertificateTags each, so other policies make no
    call more. A certificate whose tags cannot be read has no `Tags` and says why in `c7n:unread`.
    What is asked of its tags is then not known: it counts as found, inside `not` too, but where
    the policy changes something it is left alone.
    """

    def __init__(self, manager: QueryResourceManager) -> None:
        super().__init__(manager)
        self.tagged = mentions_tags([manager.data.get(key, []) for key in ("filters", "actions")])
        if self.tagged:
            manager._cache = NullCache(manager.config)  # it may hold what has no tags, or old ones
            for leaf, negated in _leaves(manager.filters):
                _hedge(leaf, negated if self.acts else not negated)

    @property
    def acts(self) -> bool:
        """Say whether the policy changes something."""
        return any(action.type not in _TELLING for action in self.manager.actions)

    def get_permissions(self) -> list[str]:
        """Return what listing takes, with tags or without."""
        from c7n_certrenew.elements.permissions import TAGS as READ_TAGS

        return [*super().get_permissions(), *(READ_TAGS if self.tagged else ())]

    def augment(self, resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Return the certificates, with their tags if the policy mentions tags."""
        resources = super().augment(resources)
        if self.tagged and resources:
            self._add_tags(resources)
        return resources

    def _add_tags(self, resources: Sequence[dict[str, Any]]) -> None:
        from c7n_certrenew.aws.tagging import read_tags

        client = host.clients_for(self.manager, resources).get("iam")
        tags = read_tags(client, (r["ServerCertificateName"] for r in resources))
        unread = {}
        for resource in resources:
            found = tags[resource["ServerCertificateName"]]
            if isinstance(found, Unread):
                unread[resource["ServerCertificateName"]] = found
                host.annotate_unread(resource, [found])
            else:
                resource[TAGS] = [{"Key": key, "Value": value} for key, value in found.items()]
        if unread:
            self._say(unread)

    def _say(self, unread: Mapping[str, Unread]) -> None:
        host.count_unread(self.manager, len(unread))
        name, scope = next(iter(unread.items()))
        log.warning(
            "policy:%s the tags of %d certificates could not be read, so they %s: %s: %s",
            host.policy_name(self.manager),
            len(unread),
            "are left as they are" if self.acts else "count as found",
            name,
            scope.reason,
        )


def _leaves(filters: Iterable[Any], negated: bool = False) -> Iterator[tuple[Any, bool]]:
    """Yield each filter that looks at tags, and whether it stands in an odd number of `not`."""
    for found in filters:
        if found.type in _BLOCKS:
            yield from _leaves(found.filters, negated is not (found.type == "not"))
        elif mentions_tags(found.data):
            yield found, negated


def _hedge(leaf: Any, matches: bool) -> None:
    """Have a filter ask nothing of certificates whose tags are unread: they match, or do not."""
    ask: Callable[..., list[dict[str, Any]]] = leaf.process

    def process(resources: list[dict[str, Any]], event: object = None) -> list[dict[str, Any]]:
        met = {id(r) for r in ask([r for r in resources if TAGS in r], event)}
        return [r for r in resources if (id(r) in met if TAGS in r else matches)]

    leaf.process = process
