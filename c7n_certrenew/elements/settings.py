"""What `replacement` and `replace-certificate` are told, read from the policy as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import certifi

from c7n_certrenew.core.candidate import CandidateError, Material, read_certificates
from c7n_certrenew.core.preflight import Rules
from c7n_certrenew.core.target import Store
from c7n_certrenew.core.waves import Order
from c7n_certrenew.core.x509 import Certificate
from c7n_certrenew.elements import host
from c7n_certrenew.elements.certificates import certificate_of, in_acm
from c7n_certrenew.elements.options import check_options
from c7n_certrenew.elements.schemas import ACTION, FILTER, SHARED
from c7n_certrenew.errors import CertrenewError
from c7n_certrenew.renewal.planning import Managed, Planner, Scope
from c7n_certrenew.renewal.reimport_planning import ReimportPlanner
from c7n_certrenew.report.outcomes import changed_places
from c7n_certrenew.report.record import FILE_NAME
from c7n_certrenew.sources import make_source, source_class
from c7n_certrenew.sources.base import Source, SourceError
from c7n_certrenew.sources.files import read_file

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


_SOURCE = {"properties": {"source": SHARED["source"]}}


@dataclass(frozen=True)
class Settings:
    """Where candidates come from, what they must be, and where to look for listeners."""

    source: Source
    rules: Rules
    scope: Scope
    managed: Managed
    store: Store = Store.IAM
    retry: bool = False
    order: Order = field(default_factory=Order)
    publish: str = ""


def read_settings(manager: Any) -> Settings:
    """Read the options of the filter and the action as one: the plan is what the action does.

    Raises PolicyValidationError where they contradict each other or a source is missing, and
    CertrenewError where a trust bundle cannot be read.
    """
    options = joined_options(manager)
    return Settings(
        source=read_source(manager, options),
        rules=_rules(options),
        scope=Scope(tuple(options.get("services", ())), tuple(options.get("regions", ()))),
        managed=Managed(
            rebind=options.get("managed") == "rebind", tags=tuple(options.get("managed-tags", ()))
        ),
        store=Store(options.get("store", "iam")),
        retry=bool(options.get("retry", False)),
        order=read_order(manager, options),
        publish=options.get("publish", {}).get("ssm", ""),
    )


def read_order(manager: Any, options: Mapping[str, Any]) -> Order:
    """Return in which order regions get a certificate. Raises PolicyValidationError."""
    said = options.get("order")
    if said is None or isinstance(said, str):  # which c7n has still to expand
        return Order()
    given = (one if isinstance(one, list) else [one] for one in said)
    order = Order(tuple(tuple(wave) for wave in given if wave))
    named = [region for wave in order.waves for region in wave]
    twice = dict.fromkeys(region for region in named if named.count(region) > 1)
    if twice:
        host.reject(manager, ACTION, f"order names {', '.join(twice)} twice")
    return order


def joined_options(manager: Any) -> dict[str, Any]:
    """Return the options of both elements.

    Raises PolicyValidationError if they differ, or if either stands in the policy twice: the
    plan would not be what the action does.
    """
    options = host.joined_options(manager, FILTER, ACTION, SHARED)
    extension = options.get("min-extension")
    if isinstance(extension, (int, float)) and extension < 0 and not options.get("rekey"):
        host.reject(manager, ACTION, "min-extension below 0 is for a rekey alone")
    return options


def read_source(manager: Any, options: Mapping[str, Any]) -> Source:
    """Return the source that is named. Raises PolicyValidationError."""
    if "source" not in options:
        host.reject(manager, ACTION, "source is missing, here and in a replacement filter")
    policy, given = host.policy_name(manager), options["source"]
    element = {"type": ACTION, "source": given}
    check_options(policy, element, _SOURCE)
    kind = source_class(given["type"])
    check_options(policy, element, {"properties": {"source": kind.schema}})
    imports = options.get("store") == "acm" or (in_acm(manager) and not kind.goes_back)
    if imports and not kind.keyed:
        why = "has no private keys, and ACM imports a certificate with its key"
        host.reject(manager, f"source {given['type']}", why)
    try:
        return make_source(given)
    except SourceError as error:
        host.reject(manager, f"source {given['type']}", str(error))


def _rules(options: Mapping[str, Any]) -> Rules:
    trust, extension = options.get("trust", "same"), options.get("min-extension")
    bundle = trust["bundle"] if isinstance(trust, dict) else ""
    return Rules(
        trust="same" if bundle else trust,
        anchors=_bundle(bundle) if bundle else (),
        public_roots=public_roots(),
        issuers=tuple(options.get("issuers", ())),
        drop_names=frozenset(name.lower() for name in options.get("drop-names", ())),
        min_extension=None if extension is None else timedelta(days=extension),
        rekey=bool(options.get("rekey")),
        going_back=source_class(options["source"]["type"]).goes_back,
    )


def _bundle(path: str) -> tuple[Certificate, ...]:
    try:
        anchors = read_certificates(Material(path, read_file(path)))
    except CandidateError as error:
        raise CertrenewError(f"trust: {error}") from error
    if not anchors:
        raise CertrenewError(f"trust: {path}: no certificate in it")
    return tuple(anchors)


@cache
def public_roots() -> tuple[Certificate, ...]:
    """Return the roots that public clients trust, as certifi ships them.

    Distributions put a list of their own in its place: a root in it that cannot be read is
    trusted by nobody and left out. Raises CertrenewError where the list cannot be read.
    """
    try:
        blocks = read_file(certifi.where()).split(_BEGIN)[1:]
    except CandidateError as error:
        raise CertrenewError(f"trust: {error}") from error
    return tuple(root for block in blocks for root in _root(block.partition(_END)[0]))


def _root(body: bytes) -> list[Certificate]:
    try:
        return read_certificates(Material("root", _BEGIN + body + _END))
    except CandidateError:
        return []


def make_planner(manager: Any, resources: Sequence[Mapping[str, Any]], now: datetime) -> Planner:
    """Return the planner of a policy's run. Raises what read_settings raises.

    What the last run changed is read from its record before this run writes its own.
    """
    settings = read_settings(manager)
    clients = host.clients_for(manager, resources)
    last = Path(manager.ctx.output.root_dir, FILE_NAME)
    certificates = tuple(map(certificate_of, resources))
    imports = in_acm(manager) and not settings.source.goes_back
    planner = ReimportPlanner if imports else Planner
    return planner(
        clients=clients,
        certificates=certificates,
        source=settings.source,
        rules=settings.rules,
        scope=settings.scope,
        now=now,
        managed=settings.managed,
        changed=changed_places(last, certificates),
        store=settings.store,
        retry=settings.retry,
        order=settings.order,
        publish=settings.publish,
    )
