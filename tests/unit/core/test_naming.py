"""For what a listener answers, and what covers it."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import product
from typing import Any

import pytest

from c7n_certrenew.core.model import Listener
from c7n_certrenew.core.naming import Hosts, meets, told

MEETS = [
    ("www.example.com", "www.example.com"),
    ("WWW.Example.com", "www.example.com"),
    ("www.example.com", "*.example.com"),
    ("*.example.com", "*.example.com"),
    ("*.example.com", "www.example.com"),
    ("*.example.com", "a.b.example.com"),
    ("*.example.com", "*.b.example.com"),
    ("*example.com", "example.com"),
    ("*", "*.example.com"),
    ("www.*", "*.example.com"),
    ("w*.e?ample.*", "*.example.com"),
    ("?.example.com", "*.example.com"),
    ("??w.example.com", "www.example.com"),
    ("api-*.example.com", "*.example.com"),
    ("*.com", "*.example.com"),
]
DIFFERS = [
    ("www.example.com", "example.com"),
    ("example.com", "*.example.com"),
    ("a.b.example.com", "*.example.com"),
    (".example.com", "*.example.com"),
    ("*.example.com", "example.com"),
    ("*.example.com", "*.example.org"),
    ("?.example.com", "www.example.com"),
    ("?a.b.example.com", "*.example.com"),
    ("wwwXexample.com", "www.example.com"),
    ("www.example.co", "www.example.com"),
    ("www.example.com", "www.example.co"),
    ("*.example.com", ""),
]


@pytest.mark.parametrize(("pattern", "name"), MEETS)
def test_meets(pattern: str, name: str) -> None:
    """A name of a certificate covers one of those that a host-header pattern means."""
    assert meets(pattern, name)


@pytest.mark.parametrize(("pattern", "name"), DIFFERS)
def test_does_not_meet(pattern: str, name: str) -> None:
    """It covers none of them: a wildcard is one label, never none and never two."""
    assert not meets(pattern, name)


def test_meets_as_every_name_does() -> None:
    """Tried out with every short name there is, a pattern meets what it should, and no more."""
    hosts = ["".join(one) for n in range(1, 6) for one in product("ab.", repeat=n)]
    for pattern in ("*", "a*", "?.a", "*.a", "a?*b", "*.*.a", "b*.?a", "??", ".a"):
        meant = [host for host in hosts if fnmatchcase(host, pattern)]
        for name in ("a", "*.a", "*.b.a", "ab", "b.a", "*.aa", "a.b.a"):
            label, dot, parent = name.partition(".")
            covered = {
                host
                for host in meant
                if host == name
                or (label == "*" and host.partition(".")[1:] == (dot, parent) and host[0] != ".")
            }
            assert meets(pattern, name) is bool(covered), (pattern, name)


def test_uncovered() -> None:
    """Names must be covered as clients compare them; of a pattern one name is enough."""
    hosts = Hosts(("a.example.com", "*.example.com", "Büro.example.org"), ("api.example.net", "*"))
    assert hosts.uncovered(()) == (*hosts.names, *hosts.patterns)
    assert hosts.uncovered(["*.example.com"]) == ("Büro.example.org", "api.example.net")
    assert hosts.uncovered(["www.example.com", "xn--bro-hoa.example.org"]) == (
        *("a.example.com", "*.example.com"),
        "api.example.net",
    )


def _listener(service: str, protocol: str = "HTTPS", arn: str = "", **more: Any) -> Listener:
    return Listener(service, "eu-west-1", "one.example.com", 443, protocol, arn=arn, **more)


TOLD = [
    (_listener("cloudfront", aliases=("a.example.com",)), Hosts(("a.example.com",))),
    (_listener("cloudfront"), Hosts()),
    (_listener("appsync"), Hosts(("one.example.com",))),
    (_listener("elb"), Hosts(said=False)),
    (_listener("elb", "SSL"), Hosts(said=False)),
    (_listener("elbv2", "TLS", "arn"), Hosts(said=False)),
    (_listener("elbv2", arn="arn"), None),
]


@pytest.mark.parametrize(("listener", "hosts"), TOLD, ids=str)
def test_told(listener: Listener, hosts: Hosts | None) -> None:
    """What is known without a further call, and that of some nothing ever is."""
    assert told(listener) == hosts
