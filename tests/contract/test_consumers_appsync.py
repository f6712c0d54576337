"""AppSync's domain names: where they are looked for, and that nothing can be rebound there."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.aws.consumers import CONSUMERS
from c7n_certrenew.core.model import Listener

APPSYNC = CONSUMERS["appsync"]
SESSION = boto3.Session(region_name="us-east-1")


@pytest.mark.parametrize(
    ("partition", "enabled", "asked"),
    [
        ("aws", ["eu-west-1", "mx-central-1", "us-east-1"], ["eu-west-1", "us-east-1"]),
        ("aws", ["eu-west-1", "xx-new-9"], ["eu-west-1", "xx-new-9"]),
        ("aws-cn", ["cn-north-1", "cn-northwest-1"], ["cn-north-1", "cn-northwest-1"]),
        ("aws-us-gov", ["us-gov-east-1", "us-gov-west-1"], []),
    ],
)
def test_regions_without_it_are_not_asked(
    partition: str, enabled: list[str], asked: list[str]
) -> None:
    """Where AppSync is not offered nothing can be served; an unheard-of region is looked at."""
    clients = Clients(SESSION, "123456789012", partition)
    assert list(APPSYNC.regions(clients, enabled)) == asked


def test_its_api_cannot_exchange_a_certificate() -> None:
    """UpdateDomainName takes a description alone (AWS row 20): should it take more, rebind."""
    model = SESSION.client("appsync").meta.service_model
    changes = model.operation_model("UpdateDomainName").input_shape.members
    assert set(changes) == {"domainName", "description"}
    assert "create the domain name anew" in APPSYNC.obstacle
    assert "ACM" in APPSYNC.obstacle
    assert APPSYNC.writes == ()


class Listing:
    """A client whose one page shows these domain names."""

    def __init__(self, *domains: dict[str, Any]) -> None:
        self.page = {"domainNameConfigs": list(domains)}

    def get_paginator(self, operation: str) -> Listing:
        assert operation == "list_domain_names"
        return self

    def paginate(self) -> list[dict[str, Any]]:
        return [self.page]


def test_tags_come_with_the_list() -> None:
    """A domain name's own tags say who owns it; one that is gone has none."""
    shop = Listener("appsync", "eu-west-1", "shop.example.com", 443, "HTTPS")
    gone = Listener("appsync", "eu-west-1", "gone.example.com", 443, "HTTPS")
    listing = Listing({"domainName": "shop.example.com", "tags": {"team": "web"}})
    assert APPSYNC.tags(listing, [shop, gone]) == {shop: {"team": "web"}, gone: {}}
