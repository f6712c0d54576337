"""Every consumer reads bindings, looks at one listener and rebinds it in place, alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from c7n_certrenew.aws.consumers import CONSUMERS, Part
from c7n_certrenew.aws.faults import FAULTS, explain, is_gone
from c7n_certrenew.core.model import Binding, Listener, Role, Unread
from c7n_certrenew.sandbox import Authority, Issued, Listener as Served, Sandbox

REGION = "eu-west-1"
READS = ("Describe", "Get", "List")

Place = Callable[[Sandbox, str, str], None]


def classic(protocol: str) -> Place:
    """Create a classic load balancer `lb` with two listeners."""

    def create(aws: Sandbox, old: str, other: str) -> None:
        listeners = Served(443, protocol, old), Served(8443, protocol, other)
        aws.classic(REGION, "lb", Served(80, "HTTP"), *listeners)

    return create


def elastic(kind: str, protocol: str, *sni: str, default: str = "old") -> Place:
    """Create an application or network load balancer `lb` with two listeners."""

    def create(aws: Sandbox, old: str, other: str) -> None:
        arns = {"old": old, "other": other}
        listed = tuple(arns[name] for name in sni)
        listeners = Served(443, protocol, arns[default], sni=listed), Served(8443, protocol, other)
        plain = Served(80, "HTTP" if kind == "application" else "TCP")
        getattr(aws, kind)(REGION, "lb", plain, *listeners)

    return create


PLACES: dict[str, tuple[str, Place, tuple[Role, ...]]] = {
    "classic HTTPS": ("elb", classic("HTTPS"), (Role.DEFAULT,)),
    "classic SSL": ("elb", classic("SSL"), (Role.DEFAULT,)),
    "ALB default": ("elbv2", elastic("application", "HTTPS"), (Role.DEFAULT,)),
    "ALB SNI": (
        "elbv2",
        elastic("application", "HTTPS", "other", "old", default="other"),
        (Role.SNI,),
    ),
    "ALB both": (
        "elbv2",
        elastic("application", "HTTPS", "old", "other"),
        (Role.DEFAULT, Role.SNI),
    ),
    "NLB default": ("elbv2", elastic("network", "TLS"), (Role.DEFAULT,)),
    "NLB SNI": ("elbv2", elastic("network", "TLS", "old", default="other"), (Role.SNI,)),
}
ONE_OF_EACH = {"elb": "classic HTTPS", "elbv2": "ALB both"}


@pytest.fixture(scope="module")
def issued(authority: Authority) -> Issued:
    """Give a certificate; here only ARNs matter."""
    return authority.issue("www.example.com", key="p256")


@pytest.fixture
def arns(near: Sandbox, issued: Issued) -> dict[str, str]:
    """Give three certificates in IAM."""
    return {name: near.upload(name, issued) for name in ("old", "new", "other")}


@pytest.fixture
def near(request: pytest.FixtureRequest, sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process; a parameter has other settings."""
    settings = {"regions": (REGION,), "server": False, **getattr(request, "param", {})}
    sandbox: Sandbox = sandboxes.open(**settings)
    return sandbox


def read(near: Sandbox, service: str) -> list[Binding | Unread]:
    """Return what a consumer reads in the region, its parts included."""
    found = CONSUMERS[service].read(near.client(service, REGION), REGION)
    parts = [one.read() if isinstance(one, Part) else [one] for one in found]
    return [one for part in parts for one in part]


def listener_of(near: Sandbox, service: str, port: int = 443) -> Listener:
    """Return a listener as the consumer describes it."""
    return next(
        b.listener
        for b in read(near, service)
        if isinstance(b, Binding) and b.listener.port == port
    )


class Calls:
    """Make the calls that the consumer asks for, and remember them."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def __call__(self, operation: Any, /, **parameters: Any) -> None:
        self.made.append(operation.__name__)
        operation(**parameters)


def rebind(near: Sandbox, kind: str, arns: dict[str, str]) -> Calls:
    """Replace `old` by `new` in the place's roles."""
    service, _, roles = PLACES[kind]
    client, listener, calls = near.client(service, REGION), listener_of(near, service), Calls()
    near.clear_journal()
    CONSUMERS[service].rebind(client, listener, roles, arns["old"], arns["new"], calls)
    return calls


def test_no_consumer_is_left_out() -> None:
    """A new consumer cannot be added without its places here."""
    assert {service for service, _, _ in PLACES.values()} == set(CONSUMERS) == set(ONE_OF_EACH)
    assert {name: consumer.service for name, consumer in CONSUMERS.items()} == {
        name: name for name in CONSUMERS
    }


@pytest.mark.parametrize("kind", PLACES)
def test_reads_every_binding(near: Sandbox, arns: dict[str, str], kind: str) -> None:
    """Roles, port, protocol and names are read; listeners without TLS are not bindings."""
    service, place, roles = PLACES[kind]
    place(near, arns["old"], arns["other"])
    found = [b for b in read(near, service) if isinstance(b, Binding)]
    of_old = [b for b in found if b.certificate == arns["old"]]
    assert tuple(b.role for b in of_old) == roles
    assert {b.listener.port for b in found} == {443, 8443}
    listener = of_old[0].listener
    assert (listener.service, listener.region, listener.load_balancer_name) == (
        service,
        REGION,
        "lb",
    )
    assert listener.protocol in ("HTTPS", "SSL", "TLS")
    assert listener.dns_name.endswith(".amazonaws.com")
    assert listener.scheme == "internet-facing"


@pytest.mark.parametrize("kind", PLACES)
def test_looks_at_one_listener(near: Sandbox, arns: dict[str, str], kind: str) -> None:
    """What one listener serves is what the service holds at that moment."""
    service, place, _ = PLACES[kind]
    place(near, arns["old"], arns["other"])
    client, listener = near.client(service, REGION), listener_of(near, service)
    serving = CONSUMERS[service].serving(client, listener)
    assert (serving.default, serving.sni) == near.bound("lb", REGION, 443)


@pytest.mark.parametrize("kind", PLACES)
def test_rebinds_in_place(near: Sandbox, arns: dict[str, str], kind: str) -> None:
    """Old becomes new in these roles, the rest of the listener and other listeners stay."""
    service, place, roles = PLACES[kind]
    place(near, arns["old"], arns["other"])
    default, sni = near.bound("lb", REGION, 443)
    beside = near.bound("lb", REGION, 8443)
    rebind(near, kind, arns)
    after = near.bound("lb", REGION, 443)
    assert after[0] == (arns["new"] if Role.DEFAULT in roles else default)
    assert set(after[1]) == {arns["new"] if arn == arns["old"] else arn for arn in sni}
    assert near.bound("lb", REGION, 8443) == beside
    assert {b.role for b in read(near, service) if isinstance(b, Binding)} >= set(roles)


@pytest.mark.parametrize("kind", PLACES)
def test_every_change_is_made_by_the_given_call(
    near: Sandbox, arns: dict[str, str], kind: str
) -> None:
    """The renewal can retry and record each change; nothing is created or deleted."""
    place = PLACES[kind][1]
    place(near, arns["old"], arns["other"])
    calls = rebind(near, kind, arns)
    changes = [c.operation for c in near.journal if not c.operation.startswith(READS)]
    assert [made.replace("_", "") for made in calls.made] == [c.lower() for c in changes]
    assert not [c for c in changes if c.startswith(("Create", "Delete"))]


@pytest.mark.parametrize("kind", PLACES)
def test_no_moment_is_without_a_certificate(near: Sandbox, arns: dict[str, str], kind: str) -> None:
    """After each single call every role has the old certificate or the new one."""
    service, place, roles = PLACES[kind]
    place(near, arns["old"], arns["other"])
    ours = {arns["old"], arns["new"]}

    class Watched(Calls):
        def __call__(self, operation: Any, /, **parameters: Any) -> None:
            super().__call__(operation, **parameters)
            default, sni = near.bound("lb", REGION, 443)
            assert default in ours or Role.DEFAULT not in roles
            assert ours.intersection(sni) or Role.SNI not in roles

    listener, calls = listener_of(near, service), Watched()
    client = near.client(service, REGION)
    CONSUMERS[service].rebind(client, listener, roles, arns["old"], arns["new"], calls)
    assert calls.made


@pytest.mark.parametrize("kind", PLACES)
def test_rebinding_twice_ends_the_same(near: Sandbox, arns: dict[str, str], kind: str) -> None:
    """A second run at the same time, or a retry after a lost answer, does no harm (AWS row 17)."""
    service, place, roles = PLACES[kind]
    place(near, arns["old"], arns["other"])
    listener, client = listener_of(near, service), near.client(service, REGION)
    bound = []
    for _ in range(2):
        CONSUMERS[service].rebind(client, listener, roles, arns["old"], arns["new"], Calls())
        bound.append(near.bound("lb", REGION, 443))
    assert bound[0] == bound[1]


@pytest.mark.parametrize("service", CONSUMERS)
@pytest.mark.parametrize("near", [{"page_size": 1}], indirect=True)
def test_follows_pages(near: Sandbox, arns: dict[str, str], issued: Issued, service: str) -> None:
    """Nothing is missed when the service answers in pages of one."""
    PLACES[ONE_OF_EACH[service]][1](near, arns["old"], arns["other"])
    again = near.classic if service == "elb" else near.application
    again(REGION, "second", Served(443, "HTTPS", arns["old"]))
    found = [b for b in read(near, service) if isinstance(b, Binding)]
    ports = {(b.listener.load_balancer_name, b.listener.port) for b in found}
    assert ports == {("lb", 443), ("lb", 8443), ("second", 443)}
    serving = CONSUMERS[service].serving(near.client(service, REGION), listener_of(near, service))
    assert (serving.default, serving.sni) == near.bound("lb", REGION, 443)


@pytest.mark.parametrize("service", CONSUMERS)
def test_denial_is_raised_where_nothing_can_be_read(
    near: Sandbox, arns: dict[str, str], service: str
) -> None:
    """A denied list of load balancers is a fault of the whole scope."""
    near.deny(service, "DescribeLoadBalancers")
    with pytest.raises(FAULTS) as caught:
        read(near, service)
    assert explain(caught.value).startswith("DescribeLoadBalancers answered AccessDenied: ")


@pytest.mark.parametrize("service", CONSUMERS)
def test_listener_that_is_gone(near: Sandbox, arns: dict[str, str], service: str) -> None:
    """A deleted listener is told from one that serves something else."""
    PLACES[ONE_OF_EACH[service]][1](near, arns["old"], arns["other"])
    listener, client = listener_of(near, service), near.client(service, REGION)
    if service == "elb":
        client.delete_load_balancer_listeners(LoadBalancerName="lb", LoadBalancerPorts=[443])
    else:
        client.delete_listener(ListenerArn=listener.arn)
    with pytest.raises((LookupError, *FAULTS)) as caught:
        CONSUMERS[service].serving(client, listener)
    assert isinstance(caught.value, LookupError) or is_gone(caught.value)


def test_one_load_balancer_that_cannot_be_read(near: Sandbox, arns: dict[str, str]) -> None:
    """The others are read; the one is named as unread."""
    near.application(REGION, "lb", Served(443, "HTTPS", arns["old"]))
    near.application(REGION, "second", Served(443, "HTTPS", arns["old"]))
    near.fail("elbv2", "DescribeListeners", "AccessDenied", "no")
    found = read(near, "elbv2")
    assert len([b for b in found if isinstance(b, Binding)]) == 1
    [unread] = [u for u in found if isinstance(u, Unread)]
    assert unread.region == REGION
    assert "DescribeListeners answered AccessDenied: no" in unread.reason


def test_load_balancer_deleted_while_it_is_read(near: Sandbox, arns: dict[str, str]) -> None:
    """What is gone serves nothing, and is not unread."""
    near.application(REGION, "lb", Served(443, "HTTPS", arns["old"]))
    near.fail("elbv2", "DescribeListeners", "LoadBalancerNotFound", "gone")
    assert read(near, "elbv2") == []


@pytest.mark.parametrize("code", ["LoadBalancerNotFound", "ListenerNotFound"])
def test_listener_deleted_while_it_is_read(near: Sandbox, arns: dict[str, str], code: str) -> None:
    """The other listeners of its load balancer serve what they served."""
    PLACES["ALB both"][1](near, arns["old"], arns["other"])
    before = read(near, "elbv2")
    near.fail("elbv2", "DescribeListenerCertificates", code, "gone", times=1)
    after = read(near, "elbv2")
    assert after == [b for b in before if isinstance(b, Binding) and b.listener.port == 8443]
    assert after


def test_listener_that_cannot_be_read(near: Sandbox, arns: dict[str, str]) -> None:
    """The other listeners of its load balancer are known all the same."""
    PLACES["ALB both"][1](near, arns["old"], arns["other"])
    near.fail("elbv2", "DescribeListenerCertificates", "AccessDenied", "no", times=1)
    found = read(near, "elbv2")
    assert {b.listener.port for b in found if isinstance(b, Binding)} == {8443}
    [unread] = [u for u in found if isinstance(u, Unread)]
    assert unread.reason == "lb: DescribeListenerCertificates answered AccessDenied: no"


def test_what_is_denied_is_said_once_a_load_balancer(near: Sandbox, arns: dict[str, str]) -> None:
    """Many listeners do not make many lines."""
    PLACES["ALB both"][1](near, arns["old"], arns["other"])
    near.fail("elbv2", "DescribeListenerCertificates", "AccessDenied", "no", times=9)
    assert [type(found) for found in read(near, "elbv2")] == [Unread]


LACKING: list[tuple[str, str, tuple[str, ...]]] = [
    ("elb", "LoadBalancerName", ("LoadBalancerDescriptions",)),
    ("elb", "Listener", ("LoadBalancerDescriptions", "ListenerDescriptions")),
    ("elb", "Protocol", ("LoadBalancerDescriptions", "ListenerDescriptions", "Listener")),
    ("elb", "LoadBalancerPort", ("LoadBalancerDescriptions", "ListenerDescriptions", "Listener")),
    ("elbv2", "LoadBalancerName", ("LoadBalancers",)),
    ("elbv2", "LoadBalancerArn", ("LoadBalancers",)),
    ("elbv2", "Listeners", ()),
    ("elbv2", "ListenerArn", ("Listeners",)),
    ("elbv2", "Port", ("Listeners",)),
    ("elbv2", "Certificates", ()),
    ("elbv2", "CertificateArn", ("Certificates",)),
]


@contextmanager
def lacking(client: Any, key: str, path: tuple[str, ...]) -> Iterator[None]:
    """Have AWS leave out a key of its answers, where it stands below `path`."""

    def parts(answer: Any, path: tuple[str, ...]) -> list[Any]:
        found = [answer]
        for step in path:
            inner = [one[step] for one in found if step in one]
            found = [each for one in inner for each in (one if isinstance(one, list) else [one])]
        return found

    def leave_out(parsed: Any, **_: Any) -> None:
        for part in parts(parsed, path):
            part.pop(key, None)

    client.meta.events.register("after-call", leave_out)
    try:
        yield
    finally:
        client.meta.events.unregister("after-call", leave_out)


@pytest.mark.parametrize(("service", "key", "path"), LACKING)
def test_odd_answer_is_unread(
    near: Sandbox, arns: dict[str, str], service: str, key: str, path: tuple[str, ...]
) -> None:
    """An answer without what it must have is no binding and no crash; it says what is missing."""
    PLACES[ONE_OF_EACH[service]][1](near, arns["old"], arns["other"])
    client, listener = near.client(service, REGION), listener_of(near, service)
    with lacking(client, key, path):
        found = read(near, service)
        if service == "elb" or key.startswith("Certificate"):
            with pytest.raises(FAULTS, match=f"an answer lacks {key}"):
                CONSUMERS[service].serving(client, listener)
    assert found
    for one in found:
        assert isinstance(one, Unread)
        assert one.reason.endswith(f"an answer lacks {key}")


@pytest.mark.parametrize("service", CONSUMERS)
def test_odd_list_of_load_balancers_is_raised(
    near: Sandbox, arns: dict[str, str], service: str
) -> None:
    """Where nothing could be read, that is a fault of the whole scope."""
    key = "LoadBalancerDescriptions" if service == "elb" else "LoadBalancers"
    client = near.client(service, REGION)
    with lacking(client, key, ()), pytest.raises(FAULTS, match=f"an answer lacks {key}"):
        read(near, service)


def test_order_that_aws_demands(near: Sandbox, arns: dict[str, str]) -> None:
    """Add for SNI, switch the default, then remove: a default cannot be removed (AWS row 4)."""
    PLACES["ALB both"][1](near, arns["old"], arns["other"])
    assert rebind(near, "ALB both", arns).made == [
        "add_listener_certificates",
        "modify_listener",
        "remove_listener_certificates",
    ]
