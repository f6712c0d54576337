"""The filter `name-mismatch`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from c7n.filters import Filter
from c7n.utils import type_schema

from c7n_certrenew.core.model import Binding, Role
from c7n_certrenew.elements import host, permissions
from c7n_certrenew.elements.certificates import certificate_of
from c7n_certrenew.elements.schemas import SCOPE
from c7n_certrenew.report.bindings import Shape, applying, binding_shape

if TYPE_CHECKING:
    from c7n_certrenew.aws.answering import Answer

FILTER = "name-mismatch"
ANNOTATION = "c7n:name-mismatch"
_SAID = 5
"""How many listeners a warning names."""


class NameMismatch(Filter):
    """Server certificates that do not cover a name for which their listeners answer.

    For what a listener answers is what AWS says of it: a CloudFront distribution for its aliases,
    a domain name of AppSync for itself, an application load balancer for the host-header conditions
    of its listener's rules. A certificate matches when a listener serves it by default and answers
    for a name that neither it nor, of a load balancer, any other certificate of that listener
    covers. One in a list for SNI alone is served for the names that it covers, and no others.

    Of a condition with `*` or `?` it is not known which names clients use: it is covered if one
    name that it means is. A wildcard in a certificate stands for one label; the common name counts
    where there are no alternative names.

    Of classic and network load balancers AWS does not say for which names they answer, nor of an
    application load balancer without host-header conditions or with regular expressions. Such
    listeners are under NothingKnown, and their certificates match (`nothing-known: include`, the
    default). With `exclude` they do not: then one warning names the listeners, as they are not
    known to be right.

    Unknown counts as found: while a service or region could not be read (`regions` declares the
    expected scope, as for `listener`), every certificate matches, and so does one whose own body,
    rules, or fellow certificates that matter cannot be read. `not: [name-mismatch]` would find
    others too and is refused, and so is `delete` beside it. For `custodian run` and `c7n-org run`,
    not for Lambda modes.

    Annotates `c7n:name-mismatch` with Names (the certificate's), Mismatched (listeners as in
    `c7n:listeners`, each with its UncoveredNames), and NothingKnown (listeners); and `c7n:unread`.

    :example:

    .. code-block:: yaml

        policies:
          - name: server-certificate-name-mismatch
            resource: aws.iam-certificate
            filters:
              - type: name-mismatch
                nothing-known: exclude
          - name: server-certificate-name-mismatch-or-not-known
            resource: aws.iam-certificate
            filters:
              - type: name-mismatch
    """

    schema = type_schema(
        FILTER, regions=SCOPE["regions"], **{"nothing-known": {"enum": ["include", "exclude"]}}
    )
    permissions = permissions.NAMES
    metrics = ("UnreadScopes",)

    def validate(self) -> NameMismatch:
        """Check keys and types, and what would take a certificate nobody has looked at."""
        return host.adopt(self, self._check)

    def _check(self) -> None:
        host.reject_lambda(self)
        if host.is_negated(self.manager, self):
            host.reject(self.manager, FILTER, "not: [name-mismatch] would match what is not known")
        if any(action.type == "delete" for action in self.manager.actions):
            host.reject(self.manager, FILTER, "delete would take what could not be read")

    def process(
        self, resources: list[dict[str, Any]], event: object = None
    ) -> list[dict[str, Any]]:
        """Return the certificates that match, annotated. Sweeps only if there are any."""
        from c7n_certrenew.aws.answering import read_answering
        from c7n_certrenew.aws.inventory import read_inventory

        if not resources:
            return []
        host.warn_when_repeated(self.manager)
        clients = host.clients_for(self.manager, resources)
        inventory = read_inventory(clients, regions=self.data.get("regions", ()))
        served = {r["Arn"]: _by_default(inventory.serving(certificate_of(r))) for r in resources}
        answering = read_answering(clients, inventory, served)
        answers = {arn: [answering.answer(arn, b) for b in served[arn]] for arn in served}
        unread = {
            arn: [*inventory.unread, *(scope for one in found for scope in one.unread)]
            for arn, found in answers.items()
        }
        host.say_unread(self.manager, (scope for some in unread.values() for scope in some))
        self._say_nothing_known(one for found in answers.values() for one in found)
        for resource in resources:
            arn = resource["Arn"]
            resource[ANNOTATION] = _shape(answering.known(arn), answers[arn])
            for of_iam in (True, False):
                scopes = [one for one in unread[arn] if (one.service == "iam") is of_iam]
                host.annotate_unread(resource, scopes)
        return [r for r in resources if unread[r["Arn"]] or self._matches(answers[r["Arn"]])]

    def _matches(self, answers: Iterable[Answer]) -> bool:
        included = self._includes_nothing_known()
        return any(one.uncovered or (included and not one.said) for one in answers)

    def _say_nothing_known(self, answers: Iterable[Answer]) -> None:
        """Say which listeners were not judged: what is no finding is not known to be right."""
        names = [str(one.binding.listener) for one in answers if not one.said]
        if names and not self._includes_nothing_known():
            more = f", and {len(names) - _SAID} more" if len(names) > _SAID else ""
            host.log.warning(
                "policy:%s name-mismatch: AWS does not say for which names these answer, so that "
                "it is not known whether their certificates cover them: %s%s",
                host.policy_name(self.manager),
                ", ".join(names[:_SAID]),
                more,
            )

    def _includes_nothing_known(self) -> bool:
        return bool(self.data.get("nothing-known", "include") == "include")


def _by_default(bindings: Iterable[Binding]) -> list[Binding]:
    return [binding for binding in bindings if binding.role is Role.DEFAULT]


def _shape(names: Iterable[str], answers: Sequence[Answer]) -> Shape:
    return applying(
        {
            "Names": sorted(names),
            "Mismatched": [
                {**binding_shape(one.binding), "UncoveredNames": list(one.uncovered)}
                for one in answers
                if one.uncovered
            ],
            "NothingKnown": [binding_shape(one.binding) for one in answers if not one.said],
        }
    )
