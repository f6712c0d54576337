"""What a call needs to be allowed: actions on resources, as AWS's service references list them."""

from __future__ import annotations

from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.secretsmanager.models import secretsmanager_backends

from .actions import actions
from .certificates import stored
from .stores import besides, parameter_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from .request import Request
    from .world import World


@dataclass(frozen=True)
class Access:
    """Name an action, the ARN it is on (or ``*``), and the tags that the request brings."""

    action: str
    resource: str
    tags: Mapping[str, str] = field(default_factory=dict)
    tag_keys: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """Return the prefix of the action."""
        return self.action.split(":", 1)[0]


def accesses(world: World, request: Request) -> Iterator[Access]:
    """Yield what must be allowed; nothing for a call that needs no permission.

    Raises NotImplementedError for an operation whose resources the sandbox does not know, and
    LookupError for a request that does not name them.
    """
    tags = _tags(request)
    keys = tuple(request.parameters.get("TagKeys") or tags)
    for action in actions(request):
        for resource in _resources(world, request):
            yield Access(action, resource, tags, keys)
    for action, resource in besides(world, request):
        yield Access(action, resource)


def _tags(request: Request) -> dict[str, str]:
    return {tag["Key"]: tag.get("Value", "") for tag in request.parameters.get("Tags") or ()}


def _resources(world: World, request: Request) -> Iterable[str]:
    for service, operation, resources in _RULES:
        if service == request.service and fnmatchcase(request.operation, operation):
            return resources(world, request)
    operation = f"{request.service}:{request.operation}"
    raise NotImplementedError(f"the sandbox does not know what {operation} needs to be allowed")


def _everything(_world: World, _request: Request) -> Iterable[str]:
    return ("*",)


def _nothing(_world: World, _request: Request) -> Iterable[str]:
    return ()


def _server_certificate(world: World, request: Request) -> Iterator[str]:
    """Yield the certificate's ARN, and the one it is to have when it is renamed or moved."""
    given = request.parameters
    name = given["ServerCertificateName"]
    path = _path_of(world, request.account_id, name) or given.get("Path", "/")
    arn = f"arn:{world.partition}:iam::{request.account_id}:server-certificate"
    yield f"{arn}{path}{name}"
    if request.operation == "UpdateServerCertificate":
        new_name = given.get("NewServerCertificateName", name)
        yield f"{arn}{given.get('NewPath', path)}{new_name}"


def _path_of(world: World, account_id: str, name: str) -> str | None:
    certificates = stored(iam_backends[account_id][world.partition]).values()
    return next((c.path for c in certificates if c.cert_name == name), None)


def _classic_balancer(world: World, request: Request) -> Iterable[str]:
    given = request.parameters
    names = given.get("LoadBalancerNames") or [given["LoadBalancerName"]]
    return [_arn(world, request, "elasticloadbalancing", f"loadbalancer/{name}") for name in names]


def _given(*names: str) -> Callable[[World, Request], Iterable[str]]:
    """Return a rule that takes the ARNs which the request itself gives."""

    def arns(_world: World, request: Request) -> Iterable[str]:
        given: list[Any] = [request.parameters[n] for n in names if n in request.parameters]
        return [given[0]] if isinstance(given[0], str) else given[0]

    return arns


def _named(kind: str, *names: str) -> Callable[[World, Request], Iterable[str]]:
    """Return a rule that makes ARNs of what the request names."""

    def arns(world: World, request: Request) -> Iterable[str]:
        return [
            _arn(world, request, request.service, kind + name.lstrip("/"))
            for name in _given(*names)(world, request)
        ]

    return arns


def _acm_certificate(world: World, request: Request) -> Iterable[str]:
    """Return the ARN that is given; what gets its ARN only now is on any of the region."""
    arn = request.parameters.get("CertificateArn")
    return [arn or _arn(world, request, "acm", "certificate/*")]


def _secret(world: World, request: Request) -> Iterable[str]:
    """Return the secret's ARN, which ends with six characters that its name has not."""
    given = request.parameters
    name = given.get("SecretId") or given["Name"]
    secrets = secretsmanager_backends[request.account_id][request.region].secrets
    if name in secrets:
        return [secrets[name].arn]
    named = _arn(world, request, "secretsmanager", f"secret:{name}")
    return [name if name.startswith("arn:") else named]


def _parameter(world: World, request: Request) -> Iterable[str]:
    """Return the ARNs of parameters, which tell no versions and labels."""
    names = [parameter_name(name) for name in _given("Name", "Names", "Path")(world, request)]
    return [_arn(world, request, "ssm", f"parameter/{name.lstrip('/')}") for name in names]


def _queue(world: World, request: Request) -> Iterable[str]:
    account_id, name = request.parameters["QueueUrl"].split("/")[-2:]
    return [f"arn:{world.partition}:sqs:{request.region}:{account_id}:{name}"]


def _distribution(world: World, request: Request) -> Iterable[str]:
    arn = f"arn:{world.partition}:cloudfront::{request.account_id}:distribution"
    return [f"{arn}/{request.parameters['Id']}"]


def _bucket(world: World, request: Request) -> Iterable[str]:
    return [f"arn:{world.partition}:s3:::{request.parameters['Bucket']}"]


def _object(world: World, request: Request) -> Iterable[str]:
    return [f"{arn}/{request.parameters['Key']}" for arn in _bucket(world, request)]


def _arn(world: World, request: Request, service: str, resource: str) -> str:
    return f"arn:{world.partition}:{service}:{request.region}:{request.account_id}:{resource}"


_LISTENER_OR_BALANCER = ("ListenerArn", "LoadBalancerArn", "TargetGroupArn", "ResourceArns")
_RULES: tuple[tuple[str, str, Callable[[World, Request], Iterable[str]]], ...] = (
    ("iam", "ListServerCertificates", _everything),
    ("iam", "ListAccountAliases", _everything),
    ("iam", "GetAccountSummary", _everything),
    ("iam", "*ServerCertificate*", _server_certificate),
    ("elb", "Describe*", _everything),
    ("elb", "*", _classic_balancer),
    ("elbv2", "Describe*", _everything),
    ("elbv2", "CreateLoadBalancer", _everything),
    ("elbv2", "*", _given(*_LISTENER_OR_BALANCER)),
    ("ec2", "Describe*", _everything),
    ("sts", "GetCallerIdentity", _nothing),
    ("sts", "AssumeRole", _given("RoleArn")),
    ("acm", "ListCertificates", _everything),
    ("acm", "*Certificate", _acm_certificate),
    ("appsync", "ListDomainNames", _everything),
    ("appsync", "*DomainName", _named("domainnames/", "domainName")),
    ("cloudfront", "ListDistributions", _everything),
    ("cloudfront", "*TagsForResource", _given("Resource")),
    ("cloudfront", "*Distribution*", _distribution),
    ("secretsmanager", "ListSecrets", _everything),
    ("secretsmanager", "*", _secret),
    ("ssm", "DescribeParameters", _everything),
    ("ssm", "*Parameter*", _parameter),
    ("resourcegroupstaggingapi", "Get*", _everything),
    ("cloudwatch", "PutMetricData", _everything),
    ("securityhub", "*Findings", _everything),
    ("sqs", "SendMessage", _queue),
    ("s3", "ListBuckets", _everything),
    ("s3", "ListObject*", _bucket),
    ("s3", "HeadBucket", _bucket),
    ("s3", "GetBucketLocation", _bucket),
    ("s3", "GetBucketVersioning", _bucket),
    ("s3", "GetObject", _object),
    ("s3", "HeadObject", _object),
    ("s3", "PutObject", _object),
)
"""Services, operations (shell patterns, the first that fits) and what they are on.

From AWS's service authorization references of IAM, Elastic Load Balancing (both), EC2, STS, ACM,
AppSync, CloudFront, Secrets Manager, Systems Manager, tagging, CloudWatch, Security Hub, SQS
and S3.
"""
