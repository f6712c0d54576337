"""Every consumer reads bindings, looks at one listener and rebinds it in place, alike.

A new consumer needs a place in tests/places.py; everything here then runs on it.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from places import DOMAIN, PLACES, Place

from c7n_certrenew.aws.consumers import CONSUMERS, Consumer, Part, Serving
from c7n_certrenew.aws.faults import FAULTS, explain, is_gone
from c7n_certrenew.aws.iam import list_certificates
from c7n_certrenew.core.model import Binding, Listener, Role, ServerCertificate, Unread
from c7n_certrenew.sandbox import Authority, Issued, Sandbox

READS = ("Describe", "Get", "List")

Certificates = dict[str, ServerCertificate]

REBOUND = {kind: place for kind, place in PLACES.items() if not CONSUMERS[place.service].obstacle}
READ_ONLY = {kind: place for kind, place in PLACES.items() if kind not in REBOUND}
OF_SERVICE = {place.service: place for place in PLACES.values()}

everywhere = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
where_rebound = pytest.mark.parametrize("place", REBOUND.values(), ids=REBOUND)
where_not = pytest.mark.parametrize("place", READ_ONLY.values(), ids=READ_ONLY)
once_a_service = pytest.mark.parametrize("place", OF_SERVICE.values(), ids=OF_SERVICE)


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a certificate for all places; who serves it is what matters here."""
    return authority.issue(f"*.{DOMAIN}", key="p256")


@pytest.fixture
def near(request: pytest.FixtureRequest, sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process; a parameter has other settings."""
    settings = {"regions": ("eu-west-1",), "server": False, **getattr(request, "param", {})}
    sandbox: Sandbox = sandboxes.open(**settings)
    return sandbox


@pytest.fixture
def certificates(near: Sandbox, issued: Issued) -> Certificates:
    """Give three certificates in IAM, where every service takes them from."""
    return upload(near, issued)


def upload(near: Sandbox, issued: Issued) -> Certificates:
    """Upload `old`, `new` and `other`."""
    for name in ("old", "new", "other"):
        near.upload(name, issued, path="/cloudfront/")
    return {one.name: one for one in list_certificates(near.client("iam"))}


def consumer(place: Place) -> Consumer:
    """Return what is tried out."""
    return CONSUMERS[place.service]


def client(near: Sandbox, place: Place) -> Any:
    """Return the client of the place's service and region."""
    return near.client(place.service, place.region)


def read(near: Sandbox, place: Place) -> list[Binding | Unread]:
    """Return what a consumer reads in the place's region, its parts included."""
    found = consumer(place).read(client(near, place), place.region)
    parts = [one.read() if isinstance(one, Part) else [one] for one in found]
    return [one for part in parts for one in part]


def bindings(near: Sandbox, place: Place) -> list[Binding]:
    """Return the bindings alone."""
    return [found for found in read(near, place) if isinstance(found, Binding)]


def create(
    near: Sandbox,
    place: Place,
    certificates: Certificates,
    name: str = "lb",
    others: Collection[Listener] = (),
) -> Listener:
    """Create a place beside others and return its listener of `old`, as the consumer shows it."""
    place.create(near, name, certificates["old"].arn, certificates["other"].arn)
    old = named(place, certificates)["old"]
    found = [bound.listener for bound in bindings(near, place) if bound.certificate == old]
    return next(listener for listener in found if listener not in others)


def named(place: Place, certificates: Certificates) -> dict[str, str]:
    """Return how the service names the certificates."""
    return {name: consumer(place).reference(one) for name, one in certificates.items()}


def serving(near: Sandbox, place: Place, listener: Listener) -> Serving:
    """Return what a listener serves, read live."""
    return consumer(place).serving(client(near, place), listener)


class Calls:
    """Make the calls that the consumer asks for, and remember them."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, operation: Any, /, **parameters: Any) -> None:
        self.made.append(operation.__name__)
        operation(**parameters)


def rebind(
    near: Sandbox,
    place: Place,
    certificates: Certificates,
    listener: Listener,
    calls: Calls | None = None,
) -> Calls:
    """Replace `old` by `new` in the place's roles."""
    calls, names = calls or Calls(), named(place, certificates)
    consumer(place).rebind(
        client(near, place), listener, place.roles, names["old"], names["new"], calls
    )
    return calls


def test_no_consumer_is_left_out() -> None:
    """A new consumer cannot be added without its places here."""
    assert set(OF_SERVICE) == set(CONSUMERS)
    assert {name: one.service for name, one in CONSUMERS.items()} == {n: n for n in CONSUMERS}


@once_a_service
def test_says_what_it_may_do(place: Place) -> None:
    """Actions have a service and an operation; what cannot rebind changes nothing, and says so."""
    one = consumer(place)
    for action in (*one.reads, *one.writes):
        prefix, operation = action.split(":")
        assert prefix in one.arns or one.arns == "*"
        assert operation.startswith(READS) or action in one.writes
    assert bool(one.writes) is not bool(one.obstacle)
    assert one.arns.format(partition="aws-cn").startswith(("*", "arn:aws-cn:"))


@everywhere
def test_reads_every_binding(near: Sandbox, certificates: Certificates, place: Place) -> None:
    """Roles, region and names are read; what serves no certificate of the account is no binding."""
    listener = create(near, place, certificates)
    names, found = named(place, certificates), bindings(near, place)
    assert {bound.certificate for bound in found} == {names["old"], names["other"]}
    ours = [bound for bound in found if bound.certificate == names["old"]]
    assert [bound.role for bound in ours] == list(place.roles)
    assert {bound.listener for bound in ours} == {listener}
    assert len({bound.listener for bound in found}) == 2
    assert (listener.service, listener.region) == (place.service, place.region)
    assert listener.load_balancer_name
    assert listener.port == 443
    assert listener.protocol in ("HTTPS", "SSL", "TLS")
    assert listener.dns_name.endswith((".amazonaws.com", ".cloudfront.net"))
    assert listener.scheme == "internet-facing"


@once_a_service
def test_reads_with_what_is_declared(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """The actions that a consumer says it reads with are those that it calls, and no others."""
    listener = create(near, place, certificates)
    near.clear_journal()
    read(near, place)
    consumer(place).tags(client(near, place), [listener])
    called = {call.operation for call in near.journal}
    assert {action.split(":")[1] for action in consumer(place).reads} == called


@once_a_service
def test_writes_with_what_is_declared(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """Looking at one listener and rebinding it takes the declared actions and no others."""
    one, listener = consumer(place), create(near, place, certificates)
    near.clear_journal()
    serving(near, place, listener)
    if not one.obstacle:
        rebind(near, place, certificates, listener)
    declared = {action.split(":")[1] for action in (*one.reads, *one.writes)}
    assert {call.operation for call in near.journal} <= declared


@once_a_service
def test_what_is_read_twice_is_the_same(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """Of known listeners the certificates are read again, and what is new is seen beside them."""
    create(near, place, certificates)
    before = list(consumer(place).read(client(near, place), place.region))
    parts = {one.name: one.read() for one in before if isinstance(one, Part)}
    known = {
        name: tuple(dict.fromkeys(one.listener for one in found if isinstance(one, Binding)))
        for name, found in parts.items()
    }
    create(near, place, certificates, "second")
    again = consumer(place).read(client(near, place), place.region, known)
    found = [o for one in again for o in (one.read() if isinstance(one, Part) else [one])]
    assert found == read(near, place)


@everywhere
def test_looks_at_one_listener(near: Sandbox, certificates: Certificates, place: Place) -> None:
    """What one listener serves is what its bindings say, and no change is on its way."""
    listener = create(near, place, certificates)
    live, ours = serving(near, place, listener), named(place, certificates)["old"]
    assert live.roles(ours) == place.roles
    bound = [one for one in bindings(near, place) if one.listener == listener]
    assert {(one.role, one.certificate) for one in bound} == {
        (Role.DEFAULT, live.default),
        *((Role.SNI, each) for each in live.sni),
    }
    assert live.settled


@once_a_service
def test_reads_tags(near: Sandbox, certificates: Certificates, place: Place) -> None:
    """What a listener belongs to has tags; that of another has its own, or none."""
    listener = create(near, place, certificates)
    others = [b.listener for b in bindings(near, place) if b.listener != listener]
    tags = consumer(place).tags(client(near, place), [listener, *others])
    assert set(tags) == {listener, *others}
    tagged = place.service != "appsync"  # the sandbox's domain names have none
    assert tags[listener] == ({"team": "web"} if tagged else {})


@where_rebound
def test_nothing_but_the_certificate_differs(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """All that the API shows of the listener is the same, word for word (AWS rows 2 and 11).

    Policies, ALPN, mutual TLS, attributes, actions, rules, tags; of a distribution the whole
    configuration. Other listeners stay as they are.
    """
    listener = create(near, place, certificates)
    names, beside = named(place, certificates), bindings(near, place)
    before = json.dumps(place.described(near, listener), default=str, sort_keys=True)
    rebind(near, place, certificates, listener)
    after = json.dumps(place.described(near, listener), default=str, sort_keys=True)
    assert names["old"] in before
    assert normal(after) == normal(before.replace(names["old"], names["new"]))
    kept = [bound for bound in beside if bound.listener != listener]
    assert kept == [bound for bound in bindings(near, place) if bound.listener != listener]


def normal(described: str) -> Any:
    """Return what is described, with the SNI list in an order of its own."""
    found = json.loads(described)
    if "certificates" in found:
        found["certificates"].sort()
    return found


@where_rebound
def test_every_change_is_made_by_the_given_call(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """The renewal can retry and record each change; nothing is created or deleted (AWS row 11)."""
    listener = create(near, place, certificates)
    near.clear_journal()
    calls = rebind(near, place, certificates, listener)
    changes = [c.operation for c in near.journal if not c.operation.startswith(READS)]
    assert [made.replace("_", "") for made in calls.made] == [c.lower() for c in changes]
    assert not [c for c in changes if c.startswith(("Create", "Delete"))]


@where_rebound
def test_no_moment_is_without_a_certificate(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """After each single call every role has the old certificate or the new one."""
    listener, names = create(near, place, certificates), named(place, certificates)
    ours = {names["old"], names["new"]}

    class Watched(Calls):
        def __call__(self, operation: Any, /, **parameters: Any) -> None:
            super().__call__(operation, **parameters)
            live = serving(near, place, listener)
            assert live.default in ours or Role.DEFAULT not in place.roles
            assert ours.intersection(live.sni) or Role.SNI not in place.roles

    assert rebind(near, place, certificates, listener, Watched()).made
    assert serving(near, place, listener).roles(names["new"]) == place.roles
    assert serving(near, place, listener).roles(names["old"]) == ()


@where_rebound
def test_rebinding_twice_ends_the_same(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """A second run at the same time, or a retry after a lost answer, does no harm (AWS row 17)."""
    listener, bound = create(near, place, certificates), []
    for _ in range(2):
        rebind(near, place, certificates, listener)
        bound.append(serving(near, place, listener))
    assert bound[0] == bound[1]


@where_not
def test_what_cannot_be_rebound_says_why(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """Asked for all the same, it changes nothing and says what to do instead (AWS row 20)."""
    listener = create(near, place, certificates)
    near.clear_journal()
    with pytest.raises(RuntimeError) as caught:
        rebind(near, place, certificates, listener)
    assert str(caught.value) == consumer(place).obstacle
    assert near.journal == []


@once_a_service
@pytest.mark.parametrize("near", [{"page_size": 1}], indirect=True)
def test_follows_pages(near: Sandbox, certificates: Certificates, place: Place) -> None:
    """Nothing is missed when the service answers in pages of one."""
    first = create(near, place, certificates)
    second = create(near, place, certificates, "second", [first])
    assert len({bound.listener for bound in bindings(near, place)}) == 4
    for listener in (first, second):
        assert serving(near, place, listener).roles(named(place, certificates)["old"])


@once_a_service
def test_denial_is_raised_where_nothing_can_be_read(
    near: Sandbox, certificates: Certificates, place: Place
) -> None:
    """A denied list is a fault of the whole scope (AWS row 14)."""
    near.deny(place.service, place.lists)
    with pytest.raises(FAULTS) as caught:
        read(near, place)
    assert explain(caught.value).startswith(f"{place.lists} answered AccessDenied")


@once_a_service
def test_listener_that_is_gone(near: Sandbox, certificates: Certificates, place: Place) -> None:
    """A deleted listener is told from one that serves something else."""
    listener = create(near, place, certificates)
    place.delete(near, listener)
    with pytest.raises((LookupError, *FAULTS)) as caught:
        serving(near, place, listener)
    assert isinstance(caught.value, LookupError) or is_gone(caught.value)


@once_a_service
def test_odd_list_is_raised(near: Sandbox, certificates: Certificates, place: Place) -> None:
    """Where nothing could be read, that is a fault of the whole scope."""
    create(near, place, certificates)
    with (
        lacking(client(near, place), place.key, ()),
        pytest.raises(FAULTS, match=f"an answer lacks {place.key}"),
    ):
        read(near, place)


_BALANCERS = ("LoadBalancerDescriptions",)
_LISTENERS = (*_BALANCERS, "ListenerDescriptions")
_SUMMARY = ("DistributionList", "Items")
_DOMAIN = ("domainNameConfigs",)
LACKING: list[tuple[str, str, tuple[str, ...]]] = [
    ("elb", "LoadBalancerName", _BALANCERS),
    ("elb", "Listener", _LISTENERS),
    ("elb", "Protocol", (*_LISTENERS, "Listener")),
    ("elb", "LoadBalancerPort", (*_LISTENERS, "Listener")),
    ("elbv2", "LoadBalancerName", ("LoadBalancers",)),
    ("elbv2", "LoadBalancerArn", ("LoadBalancers",)),
    ("elbv2", "Listeners", ()),
    ("elbv2", "ListenerArn", ("Listeners",)),
    ("elbv2", "Port", ("Listeners",)),
    ("elbv2", "Certificates", ()),
    ("elbv2", "CertificateArn", ("Certificates",)),
    ("cloudfront", "ViewerCertificate", _SUMMARY),
    ("cloudfront", "Id", _SUMMARY),
    ("cloudfront", "ARN", _SUMMARY),
    ("cloudfront", "DomainName", _SUMMARY),
    ("cloudfront", "Aliases", _SUMMARY),
    ("appsync", "certificateArn", _DOMAIN),
    ("appsync", "domainName", _DOMAIN),
]


@contextmanager
def lacking(of: Any, key: str, path: tuple[str, ...]) -> Iterator[None]:
    """Have AWS leave out a key of its answers to a client, where it stands below `path`."""

    def parts(answer: Any, path: tuple[str, ...]) -> list[Any]:
        found = [answer]
        for step in path:
            inner = [one[step] for one in found if step in one]
            found = [each for one in inner for each in (one if isinstance(one, list) else [one])]
        return found

    def leave_out(parsed: Any, **_: Any) -> None:
        for part in parts(parsed, path):
            part.pop(key, None)

    of.meta.events.register("after-call", leave_out)
    try:
        yield
    finally:
        of.meta.events.unregister("after-call", leave_out)


@pytest.mark.parametrize(("service", "key", "path"), LACKING)
def test_odd_answer_is_unread(
    near: Sandbox, certificates: Certificates, service: str, key: str, path: tuple[str, ...]
) -> None:
    """An answer without what it must have is no binding and no crash; it says what is missing."""
    place = OF_SERVICE[service]
    create(near, place, certificates)
    with lacking(client(near, place), key, path):
        found = read(near, place)
    assert found
    for one in found:
        assert isinstance(one, Unread)
        assert (one.service, one.region) == (service, place.region)
        assert one.reason.endswith(f"an answer lacks {key}")


ODD: list[tuple[str, str, tuple[str, ...]]] = [
    ("elb", "LoadBalancerDescriptions", ()),
    ("elb", "Protocol", (*_LISTENERS, "Listener")),
    ("elbv2", "Certificates", ()),
    ("elbv2", "CertificateArn", ("Certificates",)),
    ("cloudfront", "Distribution", ()),
    ("cloudfront", "Status", ("Distribution",)),
    ("appsync", "domainNameConfigs", ()),
]


@pytest.mark.parametrize(("service", "key", "path"), ODD)
def test_odd_answer_is_no_certificate(
    near: Sandbox, certificates: Certificates, service: str, key: str, path: tuple[str, ...]
) -> None:
    """A listener of which the answer says too little does not look as if it served nothing."""
    place = OF_SERVICE[service]
    listener = create(near, place, certificates)
    with (
        lacking(client(near, place), key, path),
        pytest.raises(FAULTS, match=f"an answer lacks {key}"),
    ):
        serving(near, place, listener)
