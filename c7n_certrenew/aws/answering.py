"""What listeners answer for, held against the certificates that they serve."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from c7n_certrenew.aws import acm
from c7n_certrenew.aws.consumers.base import whole
from c7n_certrenew.aws.faults import FAULTS, explain, is_gone
from c7n_certrenew.aws.iam import UNREADABLE, explain_unreadable, get_certificate
from c7n_certrenew.core.model import Binding, Listener, Role, Unread
from c7n_certrenew.core.naming import Hosts, told

if TYPE_CHECKING:
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_elbv2.type_defs import RuleConditionOutputTypeDef

    from c7n_certrenew.aws.clients import Clients
    from c7n_certrenew.core.model import Inventory

_WORKERS = 8
_HOST = "host-header"
_NOTHING_KNOWN = Hosts(said=False)

_Key = TypeVar("_Key")
_Found = TypeVar("_Found")
_Names = frozenset[str] | Unread


@dataclass(frozen=True)
class Answer:
    """For what one listener answers that serves a certificate by default.

    `uncovered` is what no certificate of the listener covers as far as they could be read. `said`
    is False where AWS does not say for what it answers, or says it as a regular expression too.
    """

    binding: Binding
    uncovered: tuple[str, ...] = ()
    said: bool = True
    unread: tuple[Unread, ...] = ()


@dataclass(frozen=True)
class Answering:
    """Listeners of an inventory, for what they answer, and the names of their certificates.

    `lists` are the certificates for SNI. `names` are by ARN.
    """

    hosts: dict[Listener, Hosts | Unread] = field(default_factory=dict)
    names: dict[str, _Names] = field(default_factory=dict)
    lists: Mapping[Listener, list[str]] = field(default_factory=dict)

    def known(self, arn: str) -> frozenset[str]:
        """Return the names of a certificate, none where they were not read."""
        names = self.names.get(arn, frozenset())
        return frozenset() if isinstance(names, Unread) else names

    def answer(self, arn: str, binding: Binding) -> Answer:
        """Say for what a listener answers that serves the certificate of an ARN by default."""
        hosts, own = self.hosts[binding.listener], self.names.get(arn, frozenset())
        if isinstance(hosts, Unread) or isinstance(own, Unread):
            unread = tuple(one for one in (hosts, own) if isinstance(one, Unread))
            return Answer(binding, unread=unread)
        others = self.lists.get(binding.listener, ())
        uncovered = hosts.uncovered(own.union(*map(self.known, others)))
        unread = tuple(u for u in map(self.names.get, others) if isinstance(u, Unread))
        return Answer(binding, uncovered, hosts.said, unread if uncovered else ())

    def doubtful(self, bound: Iterable[tuple[str, Binding]]) -> set[str]:
        """Return whose names were not read and may cover what these certificates do not."""
        found = (b.listener for arn, b in bound if self.answer(arn, b).uncovered)
        return {other for one in found for other in self.lists.get(one, ())} - self.names.keys()


def read_answering(
    clients: Clients, inventory: Inventory, defaults: Mapping[str, Iterable[Binding]]
) -> Answering:
    """Read for what these listeners answer, and their certificates; `defaults` are by ARN.

    DescribeRules for each HTTPS listener of an application load balancer, a GetServerCertificate
    for each certificate that is to cover something, and, where it does not, one call for each other
    certificate of the listener. Raises nothing: what cannot be read is an Unread.
    """
    bound = [(arn, binding) for arn, found in defaults.items() for binding in found]
    hosts = _each(partial(_hosts, clients), (binding.listener for _, binding in bound))
    found = Answering(hosts, lists=_lists(inventory))
    compared = (arn for arn, b in bound if hosts[b.listener] not in (Hosts(), _NOTHING_KNOWN))
    found.names.update(_each(partial(_names, clients), compared))
    found.names.update(_each(partial(_names, clients), sorted(found.doubtful(bound))))
    return found


def _each(read: Callable[[_Key], _Found], keys: Iterable[_Key]) -> dict[_Key, _Found]:
    """Read each thing once, several at a time."""
    once = list(dict.fromkeys(keys))
    if not once:
        return {}
    with ThreadPoolExecutor(_WORKERS) as pool:
        return dict(zip(once, pool.map(read, once), strict=True))


def _lists(inventory: Inventory) -> Mapping[Listener, list[str]]:
    lists: dict[Listener, list[str]] = defaultdict(list)
    for binding in inventory.bindings:
        if binding.role is Role.SNI:
            lists[binding.listener].append(binding.certificate)
    return lists


def _names(clients: Clients, arn: str) -> _Names:
    """Read the names of a certificate, in IAM or in ACM; those of ACM may be more than it shows."""
    try:
        if acm.is_arn(arn):
            return acm.describe(clients.get(acm.SERVICE, acm.region_of(arn)), arn).names
        return get_certificate(clients.get("iam"), arn.rpartition("/")[2]).leaf.names
    except UNREADABLE as fault:
        scope = (acm.SERVICE, acm.region_of(arn)) if acm.is_arn(arn) else ("iam", "*")
        return Unread(*scope, explain_unreadable(fault))


def _hosts(clients: Clients, listener: Listener) -> Hosts | Unread:
    """Find out for what a listener answers; one that is gone answers for nothing."""
    known = told(listener)
    if known:
        return known
    try:
        return _of_rules(clients.get(listener.service, listener.region), listener.arn)
    except FAULTS as fault:
        name = listener.load_balancer_name
        why = f"{name}: {explain(fault)}"
        return Hosts() if is_gone(fault) else Unread(listener.service, listener.region, why, name)


@whole()
def _of_rules(client: ElasticLoadBalancingv2Client, listener_arn: str) -> Hosts:
    """Read the host-header conditions; where there are none, any host is answered."""
    pages = client.get_paginator("describe_rules").paginate(ListenerArn=listener_arn)
    conditions = [c for page in pages for rule in page["Rules"] for c in rule.get("Conditions", ())]
    hosts = [one for one in conditions if one.get("Field") == _HOST]
    patterns = dict.fromkeys(value for one in hosts for value in _values(one))
    return Hosts(patterns=tuple(patterns), said=bool(hosts) and all(map(_values, hosts)))


def _values(condition: RuleConditionOutputTypeDef) -> list[str]:
    """Return the patterns of a condition, none where it has regular expressions."""
    return condition.get("HostHeaderConfig", {}).get("Values") or condition.get("Values", [])
