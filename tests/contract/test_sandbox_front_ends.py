"""TLS front ends serve what is bound at the moment of the handshake."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
import ssl
import threading
import time
from typing import Any

import pytest

from c7n_certrenew.sandbox import Authority, Issued, Listener, LoadBalancer, Sandbox
from c7n_certrenew.sandbox.seed_edge import Distribution, Domain

REGION = "us-east-1"
NAME = "www.example.com"
CLOUDFRONT = "/cloudfront/"

Served = LoadBalancer | Distribution | Domain


@pytest.fixture(scope="module")
def old(authority: Authority) -> Issued:
    """Give the certificate that is bound at first."""
    return authority.issue(NAME, key="p256")


@pytest.fixture(scope="module")
def new(authority: Authority) -> Issued:
    """Give its successor."""
    return authority.issue(NAME, key="rsa2048")


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give a sandbox in this process with two addresses for each listener."""
    opened: Sandbox = sandboxes.open(regions=(REGION,), server=False, addresses=2)
    return opened


def served(
    near: Sandbox, place: Served, issued: Issued, name: str | None = NAME, address: int = 0
) -> str:
    """Return the fingerprint of what a client is shown that trusts only the root."""
    context = ssl.create_default_context(cadata=issued.root)
    context.check_hostname = name is not None
    host = near.front_ends.addresses(place.dns_name, 443)[address]
    with (
        socket.create_connection(host, timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        return hashlib.sha256(secure.getpeercert(True) or b"").hexdigest()


def rebind(near: Sandbox, lb: LoadBalancer, arn: str) -> None:
    """Replace the default certificate of the only listener."""
    elbv2 = near.client("elbv2", REGION)
    listener = elbv2.describe_listeners(LoadBalancerArn=lb.arn)["Listeners"][0]["ListenerArn"]
    elbv2.modify_listener(ListenerArn=listener, Certificates=[{"CertificateArn": arn}])


@pytest.fixture
def shop(near: Sandbox, old: Issued) -> LoadBalancer:
    """Give a load balancer that serves the old certificate."""
    return near.application(REGION, "shop", Listener(443, "HTTPS", near.upload("old", old)))


@pytest.mark.evidence("assumption: what is bound is what is served")
@pytest.mark.parametrize(
    ("kind", "protocol"),
    [
        ("classic", "HTTPS"),
        ("classic", "SSL"),
        ("application", "HTTPS"),
        ("network", "TLS"),
    ],
)
def test_each_kind_of_listener_serves_leaf_and_chain(
    near: Sandbox, old: Issued, kind: str, protocol: str
) -> None:
    """A client that trusts the root alone is satisfied (own promise)."""
    lb = getattr(near, kind)(REGION, "lb", Listener(443, protocol, near.upload("old", old)))
    assert served(near, lb, old) == old.fingerprint


@pytest.mark.evidence("assumption: a classic load balancer serves what IAM takes")
@pytest.mark.parametrize("key", ["rsa2048", "rsa3072", "rsa4096", "p256", "p384", "p521"])
def test_each_kind_of_key_is_served(near: Sandbox, authority: Authority, key: str) -> None:
    """The data plane takes every key that a certificate may have (AWS row 6)."""
    issued = authority.issue(NAME, key=key)
    lb = near.classic(REGION, "lb", Listener(443, "HTTPS", near.upload("web", issued)))
    assert served(near, lb, issued) == issued.fingerprint


@pytest.mark.evidence("model: elbv2.Listener Protocol")
def test_plain_listener_has_no_front_end(near: Sandbox) -> None:
    """Only HTTPS, SSL and TLS listeners are served."""
    lb = near.application(REGION, "plain", Listener(80, "HTTP"))
    assert near.front_ends.addresses(lb.dns_name, 80) == []


@pytest.mark.evidence("assumption: what is bound is what is served")
def test_rebinding_shows_at_the_next_handshake(
    near: Sandbox, shop: LoadBalancer, old: Issued, new: Issued
) -> None:
    """What is bound is what is served, on every address."""
    assert served(near, shop, old) == old.fingerprint
    rebind(near, shop, near.upload("new", new))
    assert [served(near, shop, new, address=n) for n in (0, 1)] == [new.fingerprint] * 2


@pytest.mark.evidence("guide: Application Load Balancers, default certificate")
def test_client_without_sni_gets_the_default(near: Sandbox, old: Issued, new: Issued) -> None:
    """Without a server name the default is served (AWS row 2)."""
    sni = (near.upload("new", new),)
    lb = near.application(REGION, "shop", Listener(443, "HTTPS", near.upload("old", old), sni=sni))
    assert served(near, lb, old, name=None) == old.fingerprint


@pytest.mark.evidence("guide: Application Load Balancers, certificate list and smart selection")
def test_client_with_sni_gets_the_sni_certificate(near: Sandbox, old: Issued, new: Issued) -> None:
    """A match in the SNI list wins over the default: replacing the default alone leaves
    clients with SNI on the old certificate (AWS row 2)."""
    sni = (near.upload("old", old),)
    lb = near.application(REGION, "shop", Listener(443, "HTTPS", near.upload("new", new), sni=sni))
    assert served(near, lb, new) == old.fingerprint


@pytest.mark.evidence("guide: Application Load Balancers, certificate list and smart selection")
def test_exact_name_wins_over_wildcard(near: Sandbox, authority: Authority, old: Issued) -> None:
    """The best match is served, whatever the order of the list (AWS row 2)."""
    wildcard = authority.issue("*.example.com", key="p256")
    other = authority.issue("other.test", key="p256")
    sni = near.upload("wildcard", wildcard), near.upload("old", old)
    default = near.upload("other", other)
    lb = near.network(REGION, "edge", Listener(443, "TLS", default, sni=sni))
    assert served(near, lb, old) == old.fingerprint
    assert served(near, lb, old, name="api.example.com") == wildcard.fingerprint


@pytest.mark.evidence("guide: Application Load Balancers, certificate list and smart selection")
def test_wildcard_is_one_label(near: Sandbox, authority: Authority, old: Issued) -> None:
    """`*.example.com` does not match a name two labels deeper (AWS row 2)."""
    wildcard = near.upload("wildcard", authority.issue("*.example.com", key="p256"))
    deep = authority.issue("a.b.example.com", key="p256")
    listener = Listener(443, "HTTPS", near.upload("deep", deep), sni=(wildcard,))
    lb = near.application(REGION, "shop", listener)
    assert served(near, lb, deep, name="a.b.example.com") == deep.fingerprint


@pytest.mark.evidence("assumption: of equal matches the first stays")
def test_first_of_equal_matches_is_served(near: Sandbox, old: Issued, new: Issued) -> None:
    """Of two certificates for a name the one added first stays (AWS row 2)."""
    first, second = near.upload("old", old), near.upload("new", new)
    lb = near.application(REGION, "shop", Listener(443, "HTTPS", second, sni=(first, second)))
    assert served(near, lb, old) == old.fingerprint


@pytest.mark.evidence("guide: Application Load Balancers, SSL certificates: ECDSA before RSA")
@pytest.mark.parametrize("order", [("rsa", "ecdsa"), ("ecdsa", "rsa")])
@pytest.mark.parametrize(
    ("ciphers", "shown"), [("", "ecdsa"), ("aECDSA", "ecdsa"), ("aRSA", "rsa")], ids=str
)
def test_of_twins_the_one_that_suits_the_client(
    near: Sandbox, old: Issued, new: Issued, order: tuple[str, str], ciphers: str, shown: str
) -> None:
    """Of two certificates for a name the ECDSA one is served, the RSA one to who takes no other."""
    twins = {"ecdsa": old, "rsa": new}
    arns = [near.upload(kind, twins[kind]) for kind in order]
    default = near.upload("default", old)
    lb = near.application(REGION, "shop", Listener(443, "HTTPS", default, sni=tuple(arns)))
    context = ssl.create_default_context(cadata=old.root)
    if ciphers:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    with (
        socket.create_connection(near.front_ends.addresses(lb.dns_name, 443)[0], timeout=5) as to,
        context.wrap_socket(to, server_hostname=NAME) as secure,
    ):
        body = secure.getpeercert(True) or b""
    assert hashlib.sha256(body).hexdigest() == twins[shown].fingerprint


@pytest.mark.evidence("assumption: a consumer may break with a certificate")
def test_rejected_certificate_fails_the_handshake(
    near: Sandbox, shop: LoadBalancer, old: Issued, new: Issued
) -> None:
    """A consumer may silently break with a certificate (AWS row 6)."""
    arn = near.upload("new", new)
    near.front_ends.reject(arn)
    assert served(near, shop, old) == old.fingerprint
    rebind(near, shop, arn)
    with pytest.raises(ssl.SSLError, match="ALERT"):
        served(near, shop, new)


@pytest.mark.evidence("assumption: what cannot be served is not served")
def test_key_that_is_not_the_certificates_fails_the_handshake(
    near: Sandbox, old: Issued, new: Issued
) -> None:
    """A certificate that cannot be served aborts the handshake (own promise)."""
    broken = dataclasses.replace(old, private_key=new.private_key)
    lb = near.classic(REGION, "lb", Listener(443, "HTTPS", near.upload("broken", broken)))
    with pytest.raises(ssl.SSLError, match="ALERT"):
        served(near, lb, old)


@pytest.mark.evidence("model: iam.DeleteServerCertificate, could stop accepting traffic")
def test_deleted_certificate_stops_traffic(near: Sandbox, shop: LoadBalancer, old: Issued) -> None:
    """Deleting a certificate in use may stop traffic (AWS row 10)."""
    assert served(near, shop, old) == old.fingerprint
    near.discard("old")
    with pytest.raises(ssl.SSLError, match="ALERT"):
        served(near, shop, old)


@pytest.mark.evidence("assumption: what is deleted is not served")
def test_deleted_listener_serves_nothing(near: Sandbox, shop: LoadBalancer, old: Issued) -> None:
    """A client that kept the address of a deleted listener gets no certificate."""
    elbv2 = near.client("elbv2", REGION)
    host = near.front_ends.addresses(shop.dns_name, 443)[0]
    listener = elbv2.describe_listeners(LoadBalancerArn=shop.arn)["Listeners"][0]["ListenerArn"]
    elbv2.delete_listener(ListenerArn=listener)
    assert near.front_ends.addresses(shop.dns_name, 443) == []
    context = ssl.create_default_context(cadata=old.root)
    with socket.create_connection(host, timeout=5) as plain, pytest.raises(ssl.SSLError):
        context.wrap_socket(plain, server_hostname=NAME)


@pytest.mark.evidence("model: elbv2.CreateListener")
def test_listener_created_by_the_api_is_served(
    near: Sandbox, shop: LoadBalancer, old: Issued
) -> None:
    """It does not matter how a listener came to be."""
    near.client("elbv2", REGION).create_listener(
        LoadBalancerArn=shop.arn,
        Protocol="HTTPS",
        Port=8443,
        Certificates=[{"CertificateArn": near.certificates()["old"]}],
        DefaultActions=[],
    )
    assert len(near.front_ends.addresses(shop.dns_name, 8443)) == 2


@pytest.mark.evidence("model: elbv2.Certificate CertificateArn")
def test_certificate_of_acm_is_served(near: Sandbox, shop: LoadBalancer, new: Issued) -> None:
    """Listeners take certificates of ACM as well (SEED, remediation 1)."""
    imported = near.client("acm", REGION).import_certificate(
        Certificate=new.certificate, PrivateKey=new.private_key, CertificateChain=new.chain
    )
    rebind(near, shop, imported["CertificateArn"])
    assert served(near, shop, new) == new.fingerprint


@pytest.mark.evidence("model: acm.ImportCertificate, to replace an imported certificate")
def test_certificate_that_acm_imports_again_is_served(
    near: Sandbox, authority: Authority, old: Issued
) -> None:
    """Another certificate under the same ARN of ACM shows at the next handshake, unbound anew."""
    arn, again = near.import_acm(old), authority.issue(NAME, key="p256")
    places = (
        near.classic(REGION, "classic", Listener(443, "SSL", arn)),
        near.application(REGION, "application", Listener(443, "HTTPS", arn)),
        near.network(REGION, "network", Listener(443, "TLS", arn)),
        near.distribution(NAME, certificate=arn),
    )
    assert {served(near, place, old) for place in places} == {old.fingerprint}
    near.client("acm", REGION).import_certificate(
        CertificateArn=arn,
        Certificate=again.certificate,
        PrivateKey=again.private_key,
        CertificateChain=again.chain,
    )
    assert {served(near, place, again) for place in places} == {again.fingerprint}


@pytest.mark.evidence("assumption: as after a change of the binding")
def test_data_plane_can_lag_behind_an_import(
    near: Sandbox, shop: LoadBalancer, authority: Authority, old: Issued
) -> None:
    """What ACM imported again is served later by the addresses that lag (AWS row 19)."""
    arn, again = near.import_acm(old), authority.issue(NAME, key="p256")
    rebind(near, shop, arn)
    near.front_ends.lag(60)
    near.clock.advance(60)
    near.import_acm(again, arn=arn)
    assert served(near, shop, old) == old.fingerprint
    near.clock.advance(60)
    assert served(near, shop, again) == again.fingerprint


@pytest.mark.evidence("assumption: what is deleted is not served")
def test_deleted_certificate_of_acm_stops_traffic(
    near: Sandbox, shop: LoadBalancer, new: Issued
) -> None:
    """A listener whose certificate ACM has no more aborts the handshake."""
    acm = near.client("acm", REGION)
    imported = acm.import_certificate(
        Certificate=new.certificate, PrivateKey=new.private_key, CertificateChain=new.chain
    )
    rebind(near, shop, imported["CertificateArn"])
    assert served(near, shop, new) == new.fingerprint
    near.discard_acm(imported["CertificateArn"])
    with pytest.raises(ssl.SSLError, match="ALERT"):
        served(near, shop, new)


@pytest.mark.evidence("assumption: the data plane lags behind the API")
def test_data_plane_can_lag(near: Sandbox, shop: LoadBalancer, old: Issued, new: Issued) -> None:
    """After a change the earlier certificate is served for a while (AWS row 19)."""
    near.front_ends.lag(60)
    rebind(near, shop, near.upload("new", new))
    assert served(near, shop, old) == old.fingerprint
    near.clock.advance(60)
    assert served(near, shop, new) == new.fingerprint


@pytest.mark.evidence("assumption: each address lags for itself")
def test_one_address_can_lag(near: Sandbox, shop: LoadBalancer, old: Issued, new: Issued) -> None:
    """Some addresses of a load balancer lag behind the others (AWS row 19)."""
    near.front_ends.lag(60, addresses=1)
    rebind(near, shop, near.upload("new", new))
    found = [served(near, shop, new, address=number) for number in (0, 1)]
    assert found == [new.fingerprint, old.fingerprint]


@pytest.mark.evidence("design: the resolver of the sandbox")
def test_resolve_names_every_address(near: Sandbox, shop: LoadBalancer) -> None:
    """CERTRENEW_RESOLVE has name:port:address:port for each address (own promise)."""
    entries = near.environ["CERTRENEW_RESOLVE"].split()
    hosts = near.front_ends.addresses(shop.dns_name, 443)
    assert entries == [f"{shop.dns_name}:443:{host}:{port}" for host, port in hosts]
    assert len(set(hosts)) == 2


@pytest.mark.evidence("design: a front end answers HTTP after the handshake")
def test_front_end_answers_a_request(near: Sandbox, shop: LoadBalancer, old: Issued) -> None:
    """After the handshake a client gets a small HTTP response and a clean end."""
    context = ssl.create_default_context(cadata=old.root)
    host = near.front_ends.addresses(shop.dns_name, 443)[0]
    with (
        socket.create_connection(host, timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        secure.sendall(b"GET / HTTP/1.0\r\n\r\n")
        answer = b"".join(iter(lambda: secure.recv(1024), b""))
    assert answer.startswith(b"HTTP/1.0 200 OK\r\n")


@pytest.mark.evidence("assumption: rebinding in place is no outage")
def test_no_handshake_fails_while_bindings_change(
    near: Sandbox, shop: LoadBalancer, old: Issued, new: Issued
) -> None:
    """Rebinding in place is no outage (AWS row 11)."""
    arns = near.certificates()["old"], near.upload("new", new)
    failed: list[Exception] = []
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            try:
                seen.add(served(near, shop, old))
            except OSError as error:
                failed.append(error)

    watchers = [threading.Thread(target=watch) for _ in range(8)]
    for watcher in watchers:
        watcher.start()
    for number in range(20):
        rebind(near, shop, arns[(number + 1) % 2])
        time.sleep(0.02)
    done.set()
    for watcher in watchers:
        watcher.join()
    assert failed == []
    assert seen == {old.fingerprint, new.fingerprint}


@pytest.mark.evidence("guide: Network Load Balancers, document history, 2024-01-19")
@pytest.mark.parametrize(
    ("key", "good"),
    [("rsa2048", True), ("rsa3072", True), ("p256", True), ("p521", True), ("rsa4096", False)],
)
def test_network_load_balancer_breaks_with_other_keys(
    near: Sandbox, authority: Authority, old: Issued, key: str, good: bool
) -> None:
    """The API takes a key that the listener cannot serve, and every handshake fails (AWS row 6)."""
    edge = near.network(REGION, "edge", Listener(443, "TLS", near.upload("old", old)))
    issued = authority.issue(NAME, key=key)
    rebind(near, edge, near.upload("new", issued))
    assert near.bound("edge", REGION, 443)[0] == near.certificates()["new"]
    if good:
        assert served(near, edge, issued) == issued.fingerprint
    else:
        with pytest.raises(ssl.SSLError, match="ALERT"):
            served(near, edge, issued)


@pytest.fixture
def web(near: Sandbox, old: Issued) -> Distribution:
    """Give a distribution that serves the old certificate to its alias."""
    return near.distribution(NAME, certificate=near.upload("old", old, path=CLOUDFRONT))


def attached(near: Sandbox, arn: str) -> dict[str, str]:
    """Return the ViewerCertificate of a server certificate."""
    listed = near.client("iam").list_server_certificates()["ServerCertificateMetadataList"]
    identity = {kept["Arn"]: kept["ServerCertificateId"] for kept in listed}[arn]
    return {"IAMCertificateId": identity, "SSLSupportMethod": "sni-only"}


def update(near: Sandbox, distribution: Distribution, **changes: Any) -> str:
    """Change the configuration of a distribution and return its new version."""
    client = near.client("cloudfront")
    read = client.get_distribution_config(Id=distribution.id)
    config = {**read["DistributionConfig"], **changes}
    wanted = {"IfMatch": read["ETag"], "DistributionConfig": config}
    return str(client.update_distribution(Id=distribution.id, **wanted)["ETag"])


def reattach(near: Sandbox, distribution: Distribution, arn: str) -> None:
    """Replace the certificate of a distribution."""
    update(near, distribution, ViewerCertificate=attached(near, arn))


def dropped() -> Any:
    """Expect that no certificate is served."""
    return pytest.raises(ssl.SSLError, match="ALERT")


@pytest.mark.evidence("guide: CloudFront, choose how CloudFront serves HTTPS requests, SNI")
def test_distribution_serves_its_alias(near: Sandbox, web: Distribution, old: Issued) -> None:
    """The alias gets the distribution's certificate, at either name's addresses."""
    assert served(near, web, old) == old.fingerprint
    assert near.front_ends.addresses(NAME, 443) == near.front_ends.addresses(web.dns_name, 443)


@pytest.mark.evidence("model: cloudfront.ViewerCertificate ACMCertificateArn, in us-east-1")
def test_distribution_serves_a_certificate_of_acm(near: Sandbox, new: Issued) -> None:
    """A distribution may serve a certificate of ACM in us-east-1."""
    imported = near.client("acm", REGION).import_certificate(
        Certificate=new.certificate, PrivateKey=new.private_key, CertificateChain=new.chain
    )
    web = near.distribution(NAME, certificate=imported["CertificateArn"])
    assert served(near, web, new) == new.fingerprint


@pytest.mark.evidence("design: addresses last as long as what they lead to")
def test_distribution_keeps_its_addresses(near: Sandbox, web: Distribution) -> None:
    """With other aliases a distribution is where it was."""
    before = near.front_ends.addresses(web.dns_name, 443)
    update(near, web, Aliases={"Quantity": 0})
    assert near.front_ends.addresses(web.dns_name, 443) == before
    assert near.front_ends.addresses(NAME, 443) == []


@pytest.mark.evidence("model: cloudfront.ViewerCertificate, all distributions support HTTPS")
def test_distribution_serves_its_own_name_with_cloudfronts_certificate(
    near: Sandbox, web: Distribution, old: Issued
) -> None:
    """The name that CloudFront gave gets a certificate that is not the user's."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    host = near.front_ends.addresses(web.dns_name, 443)[0]
    with (
        socket.create_connection(host, timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=web.dns_name) as secure,
    ):
        shown = secure.getpeercert(True) or b""
    assert b"*.cloudfront.net" in shown
    assert hashlib.sha256(shown).hexdigest() != old.fingerprint


@pytest.mark.evidence("guide: CloudFront, choose how: it drops what it cannot tell the domain of")
@pytest.mark.parametrize("name", [None, "other.example.com"])
def test_distribution_drops_other_clients(near: Sandbox, old: Issued, name: str | None) -> None:
    """Without a server name, or with one that is no alias, there is no certificate."""
    arn = near.upload("old", old, path=CLOUDFRONT)
    web = near.distribution(NAME, certificate=arn)
    with dropped():
        served(near, web, old, name=name)


@pytest.mark.evidence("guide: CloudFront, choose how: a dedicated IP address serves all clients")
def test_dedicated_address_serves_clients_without_sni(near: Sandbox, old: Issued) -> None:
    """With SSLSupportMethod vip a client without SNI gets the certificate."""
    arn = near.upload("old", old, path=CLOUDFRONT)
    web = near.distribution(NAME, certificate=arn, support="vip")
    assert served(near, web, old, name=None) == old.fingerprint


@pytest.mark.evidence("guide: CloudFront, wildcards in alternate domain names")
def test_wildcard_alias_is_served(near: Sandbox, authority: Authority) -> None:
    """Each name below a wildcard alias gets the certificate; the bare name does not."""
    wild = authority.issue("*.example.com", key="p256")
    arn = near.upload("wild", wild, path=CLOUDFRONT)
    web = near.distribution("*.example.com", certificate=arn)
    assert served(near, web, wild, name="api.example.com") == wild.fingerprint
    with dropped():
        served(near, web, wild, name="example.com")
    assert "*" not in near.front_ends.resolve()


@pytest.mark.evidence("model: cloudfront.Distribution Status, Deployed at all edge locations")
def test_distribution_serves_the_old_certificate_until_deployed(
    near: Sandbox, web: Distribution, old: Issued, new: Issued
) -> None:
    """While a change is in progress the earlier certificate is served (AWS row 19)."""
    near.deployment = 300
    reattach(near, web, near.upload("new", new, path=CLOUDFRONT))
    near.clock.advance(299)
    assert served(near, web, old) == old.fingerprint
    near.clock.advance(1)
    assert served(near, web, new) == new.fingerprint


@pytest.mark.evidence("assumption: each address lags for itself")
def test_one_address_of_a_distribution_can_lag(
    near: Sandbox, web: Distribution, old: Issued, new: Issued
) -> None:
    """After the deployment some addresses may still serve the earlier certificate."""
    near.deployment = 300
    near.front_ends.lag(60, addresses=1)
    reattach(near, web, near.upload("new", new, path=CLOUDFRONT))
    assert [served(near, web, old, address=n) for n in (0, 1)] == [old.fingerprint] * 2
    near.clock.advance(301)
    found = [served(near, web, old, address=n) for n in (0, 1)]
    assert found == [new.fingerprint, old.fingerprint]
    near.clock.advance(60)
    assert served(near, web, new, address=1) == new.fingerprint


@pytest.mark.evidence("model: cloudfront.Distribution Status, Deployed at all edge locations")
def test_new_distribution_serves_nothing_until_deployed(
    near: Sandbox, authority: Authority, web: Distribution
) -> None:
    """A distribution that is being created serves no certificate to its aliases."""
    near.deployment = 300
    wild = authority.issue("*.example.com", key="p256")
    viewer = attached(near, near.upload("wild", wild, path=CLOUDFRONT))
    client = near.client("cloudfront")
    config = client.get_distribution_config(Id=web.id)["DistributionConfig"]
    alias = {"Quantity": 1, "Items": ["shop.example.com"]}
    wanted = {"CallerReference": "new", "Aliases": alias, "ViewerCertificate": viewer}
    made = client.create_distribution(DistributionConfig={**config, **wanted})["Distribution"]
    shop = Distribution(made["Id"], made["ARN"], made["DomainName"], ("shop.example.com",))
    with dropped():
        served(near, shop, wild, name="shop.example.com")
    near.clock.advance(300)
    assert served(near, shop, wild, name="shop.example.com") == wild.fingerprint


@pytest.mark.evidence("assumption: what is deleted is not served")
def test_deleted_distribution_serves_nothing(near: Sandbox, web: Distribution, old: Issued) -> None:
    """A client that kept the address of a deleted distribution gets no certificate."""
    host = near.front_ends.addresses(NAME, 443)[0]
    version = update(near, web, Enabled=False)
    near.client("cloudfront").delete_distribution(Id=web.id, IfMatch=version)
    assert near.front_ends.addresses(NAME, 443) == []
    context = ssl.create_default_context(cadata=old.root)
    with socket.create_connection(host, timeout=5) as plain, dropped():
        context.wrap_socket(plain, server_hostname=NAME)


@pytest.mark.evidence("model: appsync.DomainNameConfig appsyncDomainName")
def test_custom_domain_is_served(near: Sandbox, new: Issued) -> None:
    """A custom domain of AppSync serves its certificate, be it of ACM in us-east-1."""
    imported = near.client("acm", REGION).import_certificate(
        Certificate=new.certificate, PrivateKey=new.private_key, CertificateChain=new.chain
    )
    domain = near.domain(REGION, NAME, imported["CertificateArn"])
    assert served(near, domain, new) == new.fingerprint
    hosts = near.front_ends.addresses(domain.dns_name, 443)
    named = [f"{name}:443" for name in (domain.dns_name, NAME)]
    entries = near.environ["CERTRENEW_RESOLVE"].split()
    assert entries == [f"{name}:{host}:{port}" for name in named for host, port in hosts]
    near.client("appsync", REGION).delete_domain_name(domainName=NAME)
    assert near.front_ends.addresses(NAME, 443) == []
