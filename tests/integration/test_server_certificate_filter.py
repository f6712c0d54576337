"""What `server-certificate` says of load balancers and distributions."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from c7n.config import Config
from c7n.policy import PolicyCollection
from c7n.resources import load_resources
from integration.conftest import Engine, Policy, Ran

from c7n_certrenew.elements.server_certificate import CERTIFICATES, MATCHED
from c7n_certrenew.sandbox import Authority, Issued, Listener, Sandbox
from c7n_certrenew.sandbox.faults import Fault, Kind

if TYPE_CHECKING:
    from pathlib import Path

    from conftest import Custodian

FAR = "eu-west-1"
KEYS = {"aws.elb": "LoadBalancerName", "aws.app-elb": "LoadBalancerName", "aws.distribution": "Id"}
INVALID = "Invalid-Certificate"
IN_IAM = ("iam", "ListServerCertificates")
IN_ACM = ("acm", "ListCertificates")


@pytest.fixture(scope="module")
def due(authority: Authority) -> Issued:
    """Give a certificate that expires in twelve days."""
    return authority.issue("www.example.com", days=12, key="p256")


@pytest.fixture(scope="module")
def fine(authority: Authority) -> Issued:
    """Give one that does not expire soon."""
    return authority.issue("api.example.com", days=200, key="p256")


@pytest.fixture(scope="module")
def over(authority: Authority) -> Issued:
    """Give one that has expired."""
    return authority.issue("old.example.com", days=-3, age=80, key="p256")


def policy(name: str = "find", resource: str = "aws.app-elb", **options: Any) -> Policy:
    """Return a policy with this filter alone."""
    return {
        "name": name,
        "resource": resource,
        "filters": [{"type": "server-certificate", **options}],
    }


def found(ran: Ran, name: str = "find") -> list[str]:
    """Return the names of what a policy of a run matched."""
    assert ran.returncode == 0, ran.text
    matched = json.loads((ran.output.parent / name / "resources.json").read_text())
    return sorted(one.get("LoadBalancerName") or one["Id"] for one in matched)


def here(engine: Engine, *policies: Policy) -> Ran:
    """Run policies in the region where the load balancers are."""
    return engine(*policies, arguments=("-r", FAR))


def imported(sandbox: Sandbox, issued: Issued, region: str = FAR) -> str:
    """Import a certificate into ACM and return its ARN."""
    answer = sandbox.client("acm", region).import_certificate(
        Certificate=issued.certificate.encode(), PrivateKey=issued.private_key.encode()
    )
    return str(answer["CertificateArn"])


def calls(sandbox: Sandbox, *services: str) -> Counter[str]:
    """Count the calls to some services, by operation and region."""
    seen = (c for c in sandbox.journal if c.service in services and not c.scripted)
    return Counter(f"{c.operation} {c.region}" for c in seen)


@pytest.fixture
def shop(near: Sandbox, due: Issued, fine: Issued, over: Issued) -> Sandbox:
    """Give `web` (fine, due by SNI), `acm` (due, in ACM), `old` (expired) and `plain` (no TLS)."""
    web, old = near.upload("web", due), near.upload("old", over)
    near.application(FAR, "web", Listener(443, "HTTPS", near.upload("api", fine), sni=(web,)))
    near.network(FAR, "acm", Listener(443, "TLS", imported(near, due)), Listener(80, "TCP"))
    near.application(FAR, "old", Listener(8443, "HTTPS", old))
    near.application(FAR, "plain", Listener(80, "HTTP"))
    return near


OPTIONS: dict[str, tuple[dict[str, Any], str]] = {
    "any": ({}, "acm old web"),
    "none": ({"count": 0}, "plain"),
    "due": ({"days": 30}, "acm old web"),
    "due-soon": ({"days": 5}, "old"),
    "due-not-over": ({"days": 30, "expired": "exclude"}, "acm web"),
    "due-and-over": ({"days": 30, "expired": "only"}, "old"),
    "over": ({"expired": "only"}, "old"),
    "not-over": ({"expired": "exclude"}, "acm web"),
    "none-due": ({"days": 30, "count": 0}, "plain"),
    "due-default": ({"days": 30, "role": "default"}, "acm old"),
    "sni": ({"role": "sni"}, "web"),
    "in-acm": ({"store": "acm"}, "acm"),
    "in-iam": ({"store": "iam", "days": 30}, "old web"),
    "not-in-acm": ({"store": "acm", "count": 0}, "old plain web"),
    "name": ({"attrs": [{"DomainName": "www.example.com"}]}, "acm"),
    "port": ({"attrs": [{"Port": 8443}]}, "old"),
    "either": ({"attrs": [{"or": [{"Port": 8443}, {"Role": "sni"}]}]}, "old web"),
    "two": ({"count": 2}, "web"),
    "two-due": ({"count": 2, "days": 30}, ""),
    "several": ({"count": 1, "count_op": "gt"}, "web"),
}


def test_options(shop: Sandbox, engine: Engine) -> None:
    """Each option narrows as it says, to certificates of both stores, by default and by SNI."""
    policies = [policy(name, **options) for name, (options, _) in OPTIONS.items()]
    ran = here(engine, *policies)
    assert {name: " ".join(found(ran, name)) for name in OPTIONS} == {
        name: wanted for name, (_, wanted) in OPTIONS.items()
    }
    assert calls(shop, "elbv2")[f"DescribeListenerCertificates {FAR}"] == 3


def test_annotations(shop: Sandbox, engine: Engine) -> None:
    """A load balancer says of each certificate where it is kept, until when, and who serves it."""
    ran = here(engine, policy(days=30))
    shown = {one["LoadBalancerName"]: one for one in ran.resources}
    first, second = shown["web"][CERTIFICATES]
    assert shown["web"][MATCHED] == [second]
    assert (first["ServerCertificateName"], first["Role"], first["DaysLeft"]) == (
        *("api", "default"),
        199,
    )
    expiration, arn = second.pop("Expiration"), second.pop("ListenerArn")
    assert expiration.endswith("+00:00")
    assert ":listener/app/web/" in arn
    assert second == {
        "Store": "iam",
        "Arn": shop.certificates()["web"],
        "ServerCertificateName": "web",
        "DaysLeft": 11,
        "Expired": False,
        "Role": "sni",
        "Port": 443,
        "Protocol": "HTTPS",
    }
    [in_acm] = shown["acm"][CERTIFICATES]
    assert (in_acm["Store"], in_acm["DomainName"], in_acm["Protocol"]) == (
        *("acm", "www.example.com"),
        "TLS",
    )
    assert shown["old"][MATCHED][0]["Expired"] is True
    assert not [one for one in shown.values() if "c7n:unread" in one]


def test_calls_are_those_of_one_region(shop: Sandbox, engine: Engine, due: Issued) -> None:
    """One list, one call a load balancer and TLS listener; IAM and ACM once; no other region."""
    shop.application("us-east-1", "elsewhere", Listener(443, "HTTPS", shop.certificates()["web"]))
    shop.clear_journal()
    assert found(here(engine, policy(days=30))) == ["acm", "old", "web"]
    assert calls(shop, "elbv2", "elb", "iam", "acm", "ec2") == {
        f"DescribeLoadBalancers {FAR}": 2,  # c7n's own, and the inventory's
        f"DescribeTags {FAR}": 1,  # c7n's own
        f"DescribeRegions {FAR}": 1,
        f"DescribeListeners {FAR}": 4,
        f"DescribeListenerCertificates {FAR}": 3,
        "ListServerCertificates us-east-1": 1,
        f"ListCertificates {FAR}": 1,
    }


def test_a_store_that_is_not_asked_for_is_not_read(shop: Sandbox, engine: Engine) -> None:
    """With `store: iam` ACM is left alone, and may be denied; what it holds has no dates."""
    shop.deny("acm", "*")
    ran = here(engine, policy(store="iam"), policy("dated", store="acm", days=30))
    assert "ACM" not in ran.text
    [acm] = [one for one in ran.resources if one["LoadBalancerName"] == "acm"]
    assert [scope["Service"] for scope in acm["c7n:unread"]] == ["acm"]
    matched = json.loads((ran.output.parent / "find" / "resources.json").read_text())
    assert {one["LoadBalancerName"] for one in matched} == {"old", "web"}
    assert not [one for one in matched if "c7n:unread" in one]


# what is unknown


def test_an_unread_listener_makes_its_load_balancer_unknown(shop: Sandbox, engine: Engine) -> None:
    """Of one that cannot be read nothing is said but that: it is found, and never by count: 0."""
    fault = Fault("elbv2", "DescribeListenerCertificates", Kind.DENIED, region=FAR, times=None)
    shop.inject(fault)
    ran = here(engine, policy("none-due", days=30, count=0), policy(role="sni", days=5))
    assert found(ran, "none-due") == ["plain"]
    assert found(ran) == ["acm", "old", "web"]
    scopes = [one["c7n:unread"] for one in ran.resources]
    assert [len(one) for one in scopes] == [1, 1, 1]
    assert {scope["Reason"].split(":")[0] for one in scopes for scope in one} == {
        *("acm", "old", "web")
    }


def test_an_unread_region_makes_every_load_balancer_unknown(shop: Sandbox, engine: Engine) -> None:
    """Where the inventory's own list fails nothing is clean."""
    shop.inject(
        Fault("elbv2", "DescribeLoadBalancers", Kind.DENIED, region=FAR, times=None, skip=1)
    )
    ran = here(engine, policy(days=1))
    assert found(ran) == ["acm", "old", "plain", "web"]
    for one in ran.resources:
        [scope] = one["c7n:unread"]
        assert scope["Reason"].startswith("DescribeLoadBalancers answered AccessDenied")


@pytest.mark.parametrize(
    ("denied", "unknown"), [(IN_IAM, {"web", "old"}), (IN_ACM, {"acm"})], ids=["iam", "acm"]
)
def test_unread_stores_make_unknown_what_they_hold(
    shop: Sandbox, engine: Engine, denied: tuple[str, str], unknown: set[str]
) -> None:
    """Whoever serves what cannot be dated is found, and is not healthy; others are judged."""
    shop.deny(*denied)
    ran = here(engine, policy("healthy", days=1, expired="exclude", count=0), policy(days=1))
    assert set(found(ran, "healthy")) == {"acm", "old", "plain", "web"} - unknown
    assert {one["LoadBalancerName"] for one in ran.resources if "c7n:unread" in one} == unknown
    assert "WARNING policy:find what could not be looked at counts as found: " in ran.text
    assert all(denied[1] in s["Reason"] for r in ran.resources for s in r.get("c7n:unread", ()))


def test_acm_is_asked_for_every_key_type(
    near: Sandbox, engine: Engine, due: Issued, authority: Authority
) -> None:
    """An ECDSA certificate, which ACM's list hides by default, is dated by that list."""
    rsa = imported(near, authority.issue("rsa.example.com", days=12, key="rsa2048"))
    near.application(FAR, "alb", Listener(443, "HTTPS", imported(near, due), sni=(rsa,)))
    assert found(here(engine, policy(days=30, count=2))) == ["alb"]
    assert calls(near, "acm") == {f"ImportCertificate {FAR}": 2, f"ListCertificates {FAR}": 1}


# what is no longer there


def test_certificates_that_are_gone(near: Sandbox, engine: Engine, due: Issued) -> None:
    """Invalid-Certificate, and what IAM lists no more, are expired and logged (AWS row 10)."""
    web = near.upload("web", due)
    former = near.upload("former", due)
    near.classic(FAR, "invalid", Listener(443, "SSL", former), Listener(8443, "HTTPS", web))
    near.discard("former")
    near.classic(FAR, "missing", Listener(443, "HTTPS", former))
    near.classic(FAR, "fine", Listener(443, "HTTPS", web), Listener(80, "HTTP"))
    ran = here(
        engine,
        policy("valid", "aws.elb", expired="exclude"),
        policy("acm", "aws.elb", store="acm", expired="only"),
        policy("present", "aws.elb", attrs=[{"Status": "present"}]),
        policy("over", "aws.elb", days=5, expired="only"),
    )
    assert found(ran, "valid") == ["fine", "invalid"]
    assert found(ran, "acm") == []
    assert found(ran, "present") == found(ran, "over") == ["invalid", "missing"]
    shown = {one["LoadBalancerName"]: one[MATCHED] for one in ran.resources}
    gone = {"Store": "iam", "Expired": True, "Role": "default", "Port": 443}
    assert shown == {
        "invalid": [{**gone, "Status": "invalid", "Protocol": "SSL"}],
        "missing": [{**gone, "Status": "missing", "Protocol": "HTTPS", "Arn": former}],
    }
    assert f"elb/invalid:443 in {FAR} (default) names {INVALID}, its certificate was" in ran.text
    assert f"elb/missing:443 in {FAR} (default) names {former}, which is no longer" in ran.text


def test_a_certificate_that_acm_has_no_more_is_missing(
    near: Sandbox, engine: Engine, due: Issued
) -> None:
    """What the list lacks is asked for by name, and what does not exist then is no clean one."""
    arn = imported(near, due)
    near.application(FAR, "alb", Listener(443, "HTTPS", arn))
    near.discard_acm(arn)
    ran = here(engine, policy(days=1))
    [[entry]] = [one[MATCHED] for one in ran.resources]
    assert (entry["Status"], entry["Arn"]) == ("missing", arn)


# what changes meanwhile


def test_what_was_deleted_since_it_was_listed_is_unread(shop: Sandbox, engine: Engine) -> None:
    """A load balancer that Custodian lists and the inventory does not know is not clean."""
    elbv2 = shop.client("elbv2", FAR)
    [plain] = elbv2.describe_load_balancers(Names=["plain"])["LoadBalancers"]
    arn = plain["LoadBalancerArn"]
    shop.clear_journal()
    shop.before(
        "elbv2",
        "DescribeLoadBalancers",
        lambda s: s.client("elbv2", FAR).delete_load_balancer(LoadBalancerArn=arn),
        call=2,
    )
    ran = here(engine, policy(count=0))
    assert found(ran) == []
    assert "found: elbv2 in eu-west-1: plain: changed or deleted while it was looked" in ran.text
    assert "ERROR" not in ran.text


def test_what_came_since_the_inventory_was_read_is_looked_at(shop: Sandbox, engine: Engine) -> None:
    """A policy that shares an earlier one's sweep reads what was created since, and no more."""
    web = shop.certificates()["web"]
    shop.clear_journal()
    shop.before(
        "elbv2",
        "DescribeLoadBalancers",
        lambda s: s.application(FAR, "latest", Listener(443, "HTTPS", web)),
        call=3,
    )
    ran = here(engine, policy("first", days=30), policy(days=30))
    assert found(ran, "first") == ["acm", "old", "web"]
    assert found(ran) == ["acm", "latest", "old", "web"]
    assert calls(shop, "elbv2")[f"DescribeListeners {FAR}"] == 5


def test_what_came_since_shows_in_its_own_listing(
    near: Sandbox, engine: Engine, due: Issued
) -> None:
    """Classic load balancers and distributions show certificates themselves: none is missed."""
    web, edge = near.upload("web", due), near.upload("edge", due, path="/cloudfront/")
    near.classic(FAR, "clb", Listener(443, "HTTPS", web))
    near.distribution("www.example.com", certificate=edge)
    near.before(
        "elb",
        "DescribeLoadBalancers",
        lambda s: s.classic(FAR, "latest", Listener(443, "HTTPS", web)),
        call=3,
    )
    near.before(
        "cloudfront",
        "ListDistributions",
        lambda s: s.distribution("api.example.com", certificate=edge),
        call=3,
    )
    names = [f"{name}-{number}" for name in ("elb", "distribution") for number in (1, 2)]
    policies = [policy(name, f"aws.{name[:-2]}", days=30) for name in names]
    ran = here(engine, *policies)
    assert [len(found(ran, name)) for name in names] == [1, 2, 1, 2]
    assert "Reason" not in (ran.output / "resources.json").read_text()


def test_what_was_replaced_since_the_inventory_was_read_is_not_missing(
    near: Sandbox, engine: Engine, due: Issued, fine: Issued
) -> None:
    """A certificate that was replaced and deleted between two policies alarms nobody."""
    near.classic(FAR, "clb", Listener(443, "HTTPS", near.upload("old", due)))

    def replace(sandbox: Sandbox) -> None:
        sandbox.client("elb", FAR).set_load_balancer_listener_ssl_certificate(
            LoadBalancerName="clb", LoadBalancerPort=443, SSLCertificateId=sandbox.upload("n", fine)
        )
        sandbox.discard("old")

    near.before("iam", "ListServerCertificates", replace, call=2)
    gone = {"attrs": [{"Status": "present"}]}
    ran = here(engine, policy("first", "aws.elb"), policy("gone", "aws.elb", **gone))
    assert (found(ran, "first"), found(ran, "gone")) == (["clb"], [])
    assert "no longer there" not in ran.text


# the other resources, other regions, the stock command


@pytest.fixture
def edge(near: Sandbox, due: Issued, fine: Issued) -> dict[str, str]:
    """Give distributions with certificates of IAM and ACM, and one with CloudFront's own."""
    iam = near.upload("edge", due, path="/cloudfront/")
    return {
        "iam": near.distribution("www.example.com", certificate=iam).id,
        "acm": near.distribution(certificate=imported(near, fine, "us-east-1")).id,
        "own": near.distribution().id,
    }


def test_distributions(near: Sandbox, edge: dict[str, str], engine: Engine) -> None:
    """Their certificates are in IAM, named by id, or in ACM in us-east-1, wherever we run."""
    near.clear_journal()
    ran = here(
        engine,
        policy("due", "aws.distribution", days=30),
        policy("own", "aws.distribution", count=0),
        policy("any", "aws.distribution", days=300),
    )
    assert (found(ran, "due"), found(ran, "own")) == ([edge["iam"]], [edge["own"]])
    shown = {one["Id"]: one[CERTIFICATES][0] for one in ran.resources}
    assert shown[edge["iam"]]["ServerCertificateName"] == "edge"
    assert ":acm:us-east-1:" in shown[edge["acm"]]["Arn"]
    assert calls(near, "acm", "cloudfront") == {
        "ListDistributions us-east-1": 4,  # c7n's own thrice, and the inventory's
        "ListCertificates us-east-1": 3,
    }


def test_each_region_has_its_own(near: Sandbox, engine: Engine, due: Issued) -> None:
    """With several regions a load balancer is judged in its own, and no other is read for it."""
    web = near.upload("web", due)
    for region in ("us-east-1", FAR):
        near.classic(region, f"clb-{region}", Listener(443, "HTTPS", web))
    near.clear_journal()
    ran = engine(policy("find", "aws.elb", days=30), arguments=("-r", "us-east-1", "-r", FAR))
    assert ran.returncode == 0, ran.text
    for region in ("us-east-1", FAR):
        listed = json.loads((ran.output.parent / region / "find/resources.json").read_text())
        assert [one["LoadBalancerName"] for one in listed] == [f"clb-{region}"]
    lists = calls(near, "elb")
    assert lists == {f"DescribeLoadBalancers {one}": 2 for one in ("us-east-1", FAR)}


def test_declared_permissions_suffice(
    near: Sandbox, edge: dict[str, str], engine: Engine, due: Issued
) -> None:
    """With what a policy says it needs, and nothing else, everything is read."""
    near.classic(FAR, "clb", Listener(443, "HTTPS", near.certificates()["edge"]))
    near.application(FAR, "alb", Listener(443, "HTTPS", imported(near, due)))
    names = {"aws.elb": ["clb"], "aws.app-elb": ["alb"], "aws.distribution": [edge["iam"]]}
    for resource, matched in names.items():
        one = policy(resource=resource, days=30)
        allowed = {"Effect": "Allow", "Action": sorted(needed(one)), "Resource": "*"}
        near.restrict({"Statement": [allowed]})
        ran = here(engine, one)
        assert found(ran) == matched
        assert not [found for found in ran.resources if "c7n:unread" in found]


def needed(data: Policy) -> set[str]:
    """Return the permissions of a policy, as `certrenew permissions` asks for them."""
    load_resources((data["resource"],))
    [loaded] = PolicyCollection.from_data({"policies": [data]}, Config.empty(region=FAR))
    return set(loaded.get_permissions())


def test_the_stock_command(
    sandbox: Sandbox, custodian: Custodian, tmp_path: Path, due: Issued
) -> None:
    """`custodian run` knows the filter on each of the three resources, and validates it."""
    web, edge = sandbox.upload("web", due), sandbox.upload("edge", due, path="/cloudfront/")
    sandbox.classic(FAR, "clb", Listener(443, "HTTPS", web))
    sandbox.application(FAR, "alb", Listener(443, "HTTPS", web))
    distribution = sandbox.distribution("www.example.com", certificate=edge)
    policies = [policy(name.removeprefix("aws."), name, days=30) for name in KEYS]
    (tmp_path / "policy.json").write_text(json.dumps({"policies": policies}))
    done = custodian("run", "-s", "out", "-r", FAR, "policy.json")
    assert done.returncode == 0, done.stderr
    names = {"elb": "clb", "app-elb": "alb", "distribution": distribution.id}
    for resource, name in names.items():
        [one] = json.loads((tmp_path / "out" / resource / "resources.json").read_text())
        assert name in (one.get("LoadBalancerName"), one.get("Id"))
        assert one[MATCHED][0]["DaysLeft"] == 11
