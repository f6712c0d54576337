"""The published procedure as a script with boto3: one call after the other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3

Row = tuple[str, str, str, str, int, str]


def classic(client: Any, region: str) -> Iterator[Row]:
    """Yield what the classic load balancers of a region serve."""
    for page in client.get_paginator("describe_load_balancers").paginate():
        for balancer in page["LoadBalancerDescriptions"]:
            name = balancer["LoadBalancerName"]
            for description in balancer["ListenerDescriptions"]:
                listener = description["Listener"]
                if "SSLCertificateId" in listener:
                    port = listener["LoadBalancerPort"]
                    yield listener["SSLCertificateId"], "elb", region, name, port, "default"


def balancers(client: Any) -> list[dict[str, Any]]:
    """Return the application and network load balancers of a client's region."""
    pages = client.get_paginator("describe_load_balancers").paginate()
    return [b for page in pages for b in page["LoadBalancers"] if b["Type"] != "gateway"]


def elastic(client: Any, region: str, balancer: dict[str, Any]) -> Iterator[Row]:
    """Yield what one application or network load balancer serves."""
    listeners = client.get_paginator("describe_listeners")
    certificates = client.get_paginator("describe_listener_certificates")
    for page in listeners.paginate(LoadBalancerArn=balancer["LoadBalancerArn"]):
        for listener in page["Listeners"]:
            if listener["Protocol"] not in ("HTTPS", "TLS"):
                continue
            place = ("elbv2", region, balancer["LoadBalancerName"], listener["Port"])
            for held in certificates.paginate(ListenerArn=listener["ListenerArn"]):
                for certificate in held["Certificates"]:
                    role = "default" if certificate["IsDefault"] else "sni"
                    yield certificate["CertificateArn"], *place, role


def main() -> None:
    """Print every place that serves a certificate, with tabs between."""
    session = boto3.Session()
    for page in session.client("iam").get_paginator("list_server_certificates").paginate():
        assert page["ServerCertificateMetadataList"]
    for found in session.client("ec2").describe_regions()["Regions"]:
        region = found["RegionName"]
        rows = list(classic(session.client("elb", region), region))
        client = session.client("elbv2", region)
        for balancer in balancers(client):
            rows += elastic(client, region, balancer)
        for row in rows:
            print(*row, sep="\t")


if __name__ == "__main__":
    main()
