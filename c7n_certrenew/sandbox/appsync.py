"""AppSync custom domain names as AWS answers them (AWS row 20)."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from moto.appsync import urls
from moto.appsync.models import AppSyncBackend
from moto.appsync.responses import AppSyncResponse
from moto.core.responses import ActionResult, EmptyResult

from .certificates import let_go, material
from .distribution import edge_name
from .errors import AwsError
from .pages import page
from .patching import PatchPoint
from .tls import covers, names
from .viewer_certificate import ACM_REGION, known
from .world import Bound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .world import Use, World

LIMIT = 25
"""Most domain names in a page (botocore model appsync.ListDomainNames)."""

_ARN = re.compile(
    r"arn:[a-z-]*:(acm|iam):[a-z0-9-]*:\d{12}:(certificate|server-certificate)/[0-9A-Za-z_/-]*"
)
_HOSTED_ZONE = "Z2FDTNDATAQYW2"
_PATHS = ("{0}/v1/domainnames$", "{0}/v1/domainnames/(?P<domainName>[^/]+)$")


@dataclass(frozen=True)
class CustomDomain:
    """Hold one custom domain name and the ARN of its certificate, which never changes."""

    account_id: str
    region: str
    name: str
    certificate: str
    dns_name: str
    arn: str
    description: str = ""

    @property
    def bound(self) -> Bound:
        """Return what is served for it."""
        return Bound(None, (self.certificate,))

    @property
    def config(self) -> dict[str, Any]:
        """Return the DomainNameConfig of the API."""
        return {
            "domainName": self.name,
            "description": self.description,
            "certificateArn": self.certificate,
            "appsyncDomainName": self.dns_name,
            "hostedZoneId": _HOSTED_ZONE,
            "domainNameArn": self.arn,
        }


def create_domain_name(world: World, response: AppSyncResponse) -> ActionResult:
    """Create a domain name with a certificate of IAM, or of ACM in us-east-1."""
    name, arn = response._get_param("domainName"), response._get_param("certificateArn")
    _check_certificate(world, response.current_account, name, arn)
    if any(name == domain.name for domain in world.domains.values()):
        raise AwsError("BadRequestException", "The domain name already exists.")
    description = response._get_param("description", "")
    made = keep(world, response.current_account, response.region, name, arn, description)
    return ActionResult({"domainNameConfig": made.config})


def keep(
    world: World, account_id: str, region: str, name: str, certificate: str, description: str = ""
) -> CustomDomain:
    """Put a domain name into the account, unchecked."""
    made = CustomDomain(
        account_id=account_id,
        region=region,
        name=name,
        certificate=certificate,
        dns_name=edge_name(),
        arn=f"arn:{world.partition}:appsync:{region}:{account_id}:domainnames/{name}",
        description=description,
    )
    world.domains[made.arn] = made
    return made


def list_domain_names(world: World, response: AppSyncResponse) -> ActionResult:
    """List the domain names of a region, in pages of at most 25."""
    asked = response._get_int_param("maxResults", LIMIT) or LIMIT
    if asked > LIMIT:
        raise AwsError("BadRequestException", f"maxResults must be at most {LIMIT}.")
    token, size = response._get_param("nextToken"), min(asked, world.page_size)
    cut = page(_all(world, response), lambda d: d.name, token, size, "BadRequestException")
    configs = [domain.config for domain in cut.entries]
    return ActionResult({"domainNameConfigs": configs, "nextToken": cut.marker})


def get_domain_name(world: World, response: AppSyncResponse) -> ActionResult:
    """Return one domain name."""
    return ActionResult({"domainNameConfig": _named(world, response).config})


def update_domain_name(world: World, response: AppSyncResponse) -> ActionResult:
    """Change the description; the API has no way to change the certificate."""
    before = _named(world, response)
    after = replace(before, description=response._get_param("description", before.description))
    world.domains[after.arn] = after
    return ActionResult({"domainNameConfig": after.config})


def delete_domain_name(world: World, response: AppSyncResponse) -> ActionResult:
    """Delete a domain name."""
    gone = world.domains.pop(_named(world, response).arn)
    let_go(world, gone.arn, gone.bound)
    return EmptyResult()


def uses(world: World, account_id: str) -> Iterator[Use]:
    """Yield what each domain name uses."""
    for domain in world.domains.values():
        if domain.account_id == account_id:
            yield domain.arn, frozenset((domain.certificate,))


def url_module(_world: World, _backend: AppSyncBackend) -> SimpleNamespace:
    """Return moto's addresses and those of the domain names."""
    more = dict.fromkeys(_PATHS, AppSyncResponse.dispatch)
    return SimpleNamespace(url_bases=urls.url_bases, url_paths={**urls.url_paths, **more})


def _check_certificate(world: World, account_id: str, name: str, arn: str) -> None:
    if not _ARN.fullmatch(arn):
        raise AwsError("BadRequestException", f"certificateArn must satisfy {_ARN.pattern}")
    if ":acm:" in arn and f":acm:{ACM_REGION}:" not in arn:
        raise AwsError("BadRequestException", f"Certificate must be in {ACM_REGION}.")
    found = material(world, account_id, ACM_REGION, arn) if known(world, account_id, arn) else None
    if found is None or not covers(names(found.certificate), name):
        raise AwsError("BadRequestException", "Certificate is invalid.")


def _all(world: World, response: AppSyncResponse) -> list[CustomDomain]:
    place = response.current_account, response.region
    return [d for d in world.domains.values() if (d.account_id, d.region) == place]


def _named(world: World, response: AppSyncResponse) -> CustomDomain:
    name = response._get_param("domainName")
    for domain in _all(world, response):
        if domain.name == name:
            return domain
    raise AwsError("NotFoundException", f"Domain name {name} not found.")


_MISSING = "moto has no such operation"
POINTS = (
    PatchPoint(AppSyncBackend, "_url_module", url_module, "moto has no such address"),
    PatchPoint(AppSyncResponse, "create_domain_name", create_domain_name, _MISSING),
    PatchPoint(AppSyncResponse, "list_domain_names", list_domain_names, _MISSING),
    PatchPoint(AppSyncResponse, "get_domain_name", get_domain_name, _MISSING),
    PatchPoint(AppSyncResponse, "update_domain_name", update_domain_name, _MISSING),
    PatchPoint(AppSyncResponse, "delete_domain_name", delete_domain_name, _MISSING),
)
