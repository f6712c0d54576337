"""Bindings, listeners and the inventory."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest

from c7n_certrenew.core.model import (
    Binding,
    Inventory,
    Listener,
    Role,
    ServerCertificate,
    Unread,
    by_listener,
)

WEB = Listener("elbv2", "eu-west-1", "web", 443, "HTTPS")
MAIL = Listener("elb", "eu-west-1", "mail", 993, "SSL")
OLD = "arn:aws:iam::123456789012:server-certificate/shop"
OTHER = "arn:aws:iam::123456789012:server-certificate/shop-2"


@pytest.mark.parametrize("partition", ["aws", "aws-us-gov", "aws-cn"])
def test_partition_and_account_come_from_the_arn(partition: str) -> None:
    """The ARN says which partition and account a certificate belongs to."""
    arn = f"arn:{partition}:iam::123456789012:server-certificate/a:b/shop"
    one = ServerCertificate("shop", arn, "/a:b/", datetime(2027, 1, 1, tzinfo=timezone.utc))
    assert (one.partition, one.account_id) == (partition, "123456789012")


def certificate(arn: str, id_: str = "") -> ServerCertificate:
    """Return a server certificate; its ARN and its ID alone matter here."""
    return ServerCertificate("shop", arn, "/", datetime(2027, 1, 1, tzinfo=timezone.utc), id_)


def test_serving_takes_one_certificate_alone() -> None:
    """The bindings of a certificate are those of its whole ARN, in the order they were found."""
    found = (
        Binding(MAIL, Role.DEFAULT, OLD),
        Binding(WEB, Role.SNI, OTHER),
        Binding(WEB, Role.DEFAULT, OLD),
    )
    inventory = Inventory(found)
    assert inventory.serving(certificate(OLD)) == (found[0], found[2])
    assert inventory.serving(certificate(OLD[:-1])) == ()


def test_serving_knows_what_goes_by_the_id() -> None:
    """A binding may name the certificate by its ID; one without an ID matches none without."""
    by_id = Binding(WEB, Role.DEFAULT, "ASCAEXAMPLE")
    inventory = Inventory((Binding(MAIL, Role.DEFAULT, ""), by_id))
    assert inventory.serving(certificate(OLD, "ASCAEXAMPLE")) == (by_id,)
    assert inventory.serving(certificate(OLD)) == ()


def test_by_listener_keeps_both_roles() -> None:
    """A certificate that is default and SNI at once is one listener with two roles."""
    bindings = [
        Binding(WEB, Role.DEFAULT, OLD),
        Binding(MAIL, Role.DEFAULT, OLD),
        Binding(WEB, Role.SNI, OLD),
    ]
    assert by_listener(bindings) == {WEB: (Role.DEFAULT, Role.SNI), MAIL: (Role.DEFAULT,)}
    assert list(by_listener(bindings)) == [WEB, MAIL]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (WEB, "elbv2/web:443 in eu-west-1"),
        (Binding(WEB, Role.SNI, OLD), "elbv2/web:443 in eu-west-1 (sni)"),
        (Unread("elb", "*", "AccessDenied"), "elb in *: AccessDenied"),
    ],
)
def test_values_read_as_people_say_them(value: object, text: str) -> None:
    """A listener, a binding and an unread scope can stand in a sentence."""
    assert str(value) == text
