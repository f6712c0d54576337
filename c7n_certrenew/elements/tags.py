"""Custodian's own filters and actions on tags, over IAM's tags of server certificates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from c7n import tags

from c7n_certrenew.elements import host, permissions
from c7n_certrenew.elements.certificate_source import TAGS, mentions_tags
from c7n_certrenew.errors import CertrenewError


class _Tagging:
    """An action that is carried out certificate by certificate, with clients of ours."""

    batch_size = 1  # one that fails keeps no other from being tagged
    data: dict[str, Any]
    manager: Any

    def validate(self) -> Any:
        """Check keys and types as well as what Custodian does; raise PolicyValidationError."""
        return host.adopt(self, super().validate)  # type: ignore[misc]  # of c7n's class

    def process(self, resources: list[dict[str, Any]]) -> None:
        """Carry it out on all; raise CertrenewError, with one that failed, in the end."""
        from c7n_certrenew.aws.faults import FAULTS, explain

        if not resources:
            return
        self._client = host.clients_for(self.manager, resources).get("iam")
        try:
            super().process(resources)  # type: ignore[misc]  # of c7n's class
        except FAULTS as fault:
            raise CertrenewError(f"not everything was tagged: {explain(fault)}") from fault

    def get_client(self) -> Any:
        """Return the client that was made in this run's main thread."""
        return self._client


class TagCertificate(_Tagging, tags.Tag):
    """Tag server certificates.

    As on other resources: `tags`, or `key` and `value`. IAM takes letters, digits, spaces and
    `_.:/=+-@` in keys and values, 50 tags a certificate. A renewal hands a certificate's tags on to
    the one that replaces it, all but those of AWS, of Custodian's marks, and `certrenew:…`, which
    are a renewal's own.

    A certificate whose tags cannot be read is left as it is where the policy asks for tags.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-owner
            resource: aws.iam-certificate
            filters:
              - "tag:owner": absent
            actions:
              - type: tag
                tags:
                  owner: nobody
    """

    permissions = ("iam:TagServerCertificate",)

    def process(self, resources: list[dict[str, Any]]) -> None:
        """Tag; a tag that is set only where there is none needs to know those there are."""
        if mentions_tags([self.data]):
            resources = [resource for resource in resources if TAGS in resource]
        super().process(resources)

    def process_resource_set(
        self, client: Any, resource_set: Sequence[dict[str, Any]], tags: Sequence[dict[str, Any]]
    ) -> None:
        """Tag each of them; a certificate that is gone meanwhile does not matter."""
        from c7n_certrenew.aws.tagging import put_tags

        for resource in resource_set:
            put_tags(client, resource["ServerCertificateName"], tags)


class RemoveTag(_Tagging, tags.RemoveTag):
    """Remove tags from server certificates, by key.

    Keys that are not there do not matter. A certificate whose tags cannot be read is left as it is
    where a filter asks for tags.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-unmark-served
            resource: aws.iam-certificate
            filters:
              - "tag:custodian_cleanup": present
              - type: listener
            actions:
              - type: remove-tag
                tags: [custodian_cleanup]
    """

    permissions = ("iam:UntagServerCertificate",)

    def process_resource_set(
        self, client: Any, resource_set: Sequence[dict[str, Any]], tag_keys: Sequence[str]
    ) -> None:
        """Remove them from each; a certificate that is gone meanwhile does not matter."""
        from c7n_certrenew.aws.tagging import remove_tags

        for resource in resource_set:
            remove_tags(client, resource["ServerCertificateName"], tag_keys)


class MarkForOp(_Tagging, tags.TagDelayedAction):
    """Tag server certificates for a later action, which `marked-for-op` then finds due.

    `op` is one of this resource's actions. A renewal does not hand marks on.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-unused-mark
            resource: aws.iam-certificate
            filters:
              - type: listener
                count: 0
              - "tag:custodian_cleanup": absent
            actions:
              - type: mark-for-op
                tag: custodian_cleanup
                op: delete
                days: 30
    """

    permissions = ("iam:TagServerCertificate",)


class MarkedForOp(tags.TagActionFilter):
    """Server certificates whose mark for an action is due.

    Tags that cannot be read are in `c7n:unread`: such a certificate counts as found, but where the
    policy changes something it is left alone. Much can happen between a mark and its day: with the
    action `delete` the policy must also have `listener` with `count: 0`, and one that looks again
    by itself is `prune`.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-unused-delete
            resource: aws.iam-certificate
            filters:
              - type: marked-for-op
                tag: custodian_cleanup
                op: delete
              - type: listener
                count: 0
            actions:
              - delete
    """

    permissions = permissions.TAGS

    def validate(self) -> MarkedForOp:
        """Check keys and types, and that nothing is deleted that may be served by now."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        super().validate()
        deletes = any(action.type == "delete" for action in self.manager.actions)
        if deletes and not any(map(_unserved, _required(self.manager.filters))):
            host.reject(
                self.manager,
                self.type,
                "delete would take what is served since it was marked; add listener with count: 0, "
                "without attrs or regions, and in no or",
            )

    def __call__(self, resource: dict[str, Any]) -> bool:
        """Say whether the mark is due. c7n 0.9.48 names an instance where it cannot read a date."""
        return bool(super().__call__({"InstanceId": resource["ServerCertificateName"], **resource}))


def _required(filters: Iterable[Any]) -> Iterator[Any]:
    """Yield the options of filters that all resources meet, whatever else they meet."""
    for found in filters:
        yield from _required(found.filters) if found.type == "and" else (found.data,)


def _unserved(options: Any) -> bool:
    equal = options.get("count_op", "eq") in ("eq", "equal", "le", "lte")
    alone = options.get("type") == "listener" and not {"attrs", "regions"}.intersection(options)
    return alone and options.get("count") == 0 and equal


class TagCount(tags.TagCountFilter):
    """Server certificates by how many tags they have; those of AWS do not count.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-almost-full-of-tags
            resource: aws.iam-certificate
            filters:
              - type: tag-count
                count: 45
    """

    permissions = permissions.TAGS

    def validate(self) -> TagCount:
        """Check keys and types; raise PolicyValidationError."""
        return host.adopt(self, super().validate)
