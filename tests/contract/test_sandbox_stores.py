"""The stores of renewed certificates in the sandbox answer as AWS does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, ReadTimeoutError
from roles import SHOP, Assumed, assume
from shops import REGIONS

from c7n_certrenew.sandbox import Authority, Fault, Kind, Sandbox
from c7n_certrenew.sandbox.account import Account

HERE = "us-east-1"
NAME, BUCKET = "/certs/web", "example-certs"
GUIDE = "guide: Service Authorization Reference, "
BROKEN = {
    Kind.ERROR: ClientError,
    Kind.THROTTLED: ClientError,
    Kind.DENIED: ClientError,
    Kind.RESET: ConnectionClosedError,
    Kind.TIMED_OUT: ReadTimeoutError,
    Kind.GARBLED: None,
    Kind.CUT_SHORT: None,
}
"""What a client raises; None for what is taken for an answer."""


@pytest.fixture
def near(sandboxes: Any) -> Sandbox:
    """Give an empty sandbox in this process."""
    sandbox: Sandbox = sandboxes.open(regions=REGIONS, server=False)
    return sandbox


def secret(account: Account, value: str = "one", **more: Any) -> str:
    """Keep a secret and return its ARN."""
    kept = account.client("secretsmanager").create_secret(Name=NAME, SecretString=value, **more)
    return str(kept["ARN"])


def parameter(account: Account, value: str = "one", **more: Any) -> None:
    """Keep an encrypted parameter."""
    account.client("ssm").put_parameter(Name=NAME, Value=value, Type="SecureString", **more)


def versions(account: Account, *values: str, **more: Any) -> list[str]:
    """Keep versions of one object and return their ids."""
    s3, status = account.client("s3"), {"Status": "Enabled"}
    s3.create_bucket(Bucket=BUCKET)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration=status)
    put = {"Bucket": BUCKET, "Key": "web.pem", **more}
    return [str(s3.put_object(Body=value.encode(), **put)["VersionId"]) for value in values]


def key(account: Account) -> str:
    """Make a customer's key, called alias/certs, and return its ARN."""
    kms = account.client("kms")
    made = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/certs", TargetKeyId=made["KeyId"])
    return str(made["Arn"])


def filled(account: Account) -> dict[str, tuple[Any, str, dict[str, Any]]]:
    """Fill every store; return service, operation and parameters of a read, by a name."""
    secret(account)
    parameter(account)
    versions(account, "one")
    web = {"Bucket": BUCKET, "Key": "web.pem"}
    return {
        "secret": ("secretsmanager", "GetSecretValue", {"SecretId": NAME}),
        "description": ("secretsmanager", "DescribeSecret", {"SecretId": NAME}),
        "parameter": ("ssm", "GetParameter", {"Name": NAME, "WithDecryption": True}),
        "parameters": ("ssm", "GetParameters", {"Names": [NAME], "WithDecryption": True}),
        "object": ("s3", "GetObject", web),
        "head": ("s3", "HeadObject", web),
        "tags": ("resourcegroupstaggingapi", "GetResources", {}),
    }


def refused(code: str, call: Callable[..., Any], **given: Any) -> str:
    """Check that a call is answered with an error code and return the message."""
    with pytest.raises(ClientError) as caught:
        call(**given)
    error = caught.value.response["Error"]
    assert error["Code"] == code, error
    return str(error["Message"])


def may(near: Sandbox, **resources: Any) -> Assumed:
    """Assume a role of the shop that may do what is named, on what it is named with.

    Two underscores stand for the colon of an action.
    """
    statements = [
        {"Effect": "Allow", "Action": action.replace("__", ":"), "Resource": resource}
        for action, resource in resources.items()
    ]
    return assume(near, near.account(SHOP).role("r", {"Statement": statements}))


@pytest.mark.evidence("model: botocore secretsmanager.GetSecretValue: SecretId, VersionStage")
def test_secrets_have_versions(aws: Sandbox) -> None:
    """A secret is read by name, ARN or ARN without suffix; current, previous or by version."""
    arn, client = secret(aws), aws.client("secretsmanager")
    client.put_secret_value(SecretId=NAME, SecretString="two")
    answers = [client.get_secret_value(SecretId=one) for one in (NAME, arn, arn[:-7])]
    assert {(a["ARN"], a["SecretString"], *a["VersionStages"]) for a in answers} == {
        (arn, "two", "AWSCURRENT")
    }
    before = client.get_secret_value(SecretId=NAME, VersionStage="AWSPREVIOUS")
    assert before["SecretString"] == "one"
    by_id = client.get_secret_value(SecretId=NAME, VersionId=before["VersionId"])
    assert by_id["SecretString"] == "one"
    stages = client.describe_secret(SecretId=NAME)["VersionIdsToStages"]
    assert stages == {
        answers[0]["VersionId"]: ["AWSCURRENT"],
        before["VersionId"]: ["AWSPREVIOUS"],
    }


@pytest.mark.evidence("model: botocore secretsmanager.GetSecretValue: its errors")
def test_secrets_that_cannot_be_read(near: Sandbox) -> None:
    """What is not there is ResourceNotFoundException, what is being deleted InvalidRequest."""
    arn, client = secret(near), near.client("secretsmanager")
    read, missing = client.get_secret_value, "ResourceNotFoundException"
    client.create_secret(Name="empty")
    far = near.client("secretsmanager", "eu-west-1").get_secret_value
    refused(missing, far, SecretId=NAME)
    for given in (
        {"SecretId": "other"},
        {"SecretId": "empty"},
        {"SecretId": arn[:-6] + "zzzzzz"},
        {"SecretId": NAME, "VersionStage": "AWSPENDING"},
        {"SecretId": NAME, "VersionId": "0" * 32},
    ):
        refused(missing, read, **given)
    client.delete_secret(SecretId=NAME)
    refused("InvalidRequestException", read, SecretId=NAME)


@pytest.mark.evidence("model: botocore ssm.GetParameter: Name, WithDecryption; guide: selectors")
def test_parameters_have_versions(aws: Sandbox) -> None:
    """A parameter is read by name, ARN, version or label; each change is a version."""
    client, arn = aws.client("ssm"), f"arn:aws:ssm:{HERE}:{aws.account_id}:parameter{NAME}"
    parameter(aws)
    refused("ParameterAlreadyExists", client.put_parameter, Name=NAME, Value="two")
    assert client.put_parameter(Name=NAME, Value="two", Overwrite=True)["Version"] == 2
    client.label_parameter_version(Name=NAME, Labels=["live"], ParameterVersion=1)

    def read(name: str) -> tuple[str, str, int]:
        found = client.get_parameter(Name=name, WithDecryption=True)["Parameter"]
        assert (found["ARN"], found["Type"]) == (arn, "SecureString")
        return found["Name"], found["Value"], found["Version"]

    assert {read(name) for name in (NAME, arn, f"{NAME}:2")} == {(NAME, "two", 2)}
    assert {read(name) for name in (f"{NAME}:1", f"{NAME}:live")} == {(NAME, "one", 1)}
    several = client.get_parameters(Names=[NAME, "/other"], WithDecryption=True)
    assert [one["Value"] for one in several["Parameters"]] == ["two"]
    assert several["InvalidParameters"] == ["/other"]
    refused("ParameterNotFound", client.get_parameter, Name="/other")
    refused("ParameterVersionNotFound", client.get_parameter, Name=f"{NAME}:9")


@pytest.mark.evidence("model: botocore ssm.GetParameter, WithDecryption")
def test_encrypted_parameters_are_shown_as_ciphertext(near: Sandbox) -> None:
    """Without WithDecryption nothing of a SecureString's text is in the answer."""
    parameter(near, "-----BEGIN")
    client = near.client("ssm")
    shown = client.get_parameter(Name=NAME)["Parameter"]["Value"]
    [listed] = client.get_parameters(Names=[NAME])["Parameters"]
    assert "BEGIN" not in shown
    assert listed["Value"] == shown


@pytest.mark.evidence("thread: aws/aws-sdk-net#3157; guide: Systems Manager, parameter tiers")
def test_values_of_parameters_are_limited(near: Sandbox) -> None:
    """A standard parameter holds 4096 characters, an advanced one 8192: ValidationException."""
    put = near.client("ssm").put_parameter
    for tier, limit in (("Standard", 4096), ("Advanced", 8192), ("Intelligent-Tiering", 8192)):
        given = {"Name": f"/{tier}", "Type": "String", "Tier": tier}
        refused("ValidationException", put, Value="x" * (limit + 1), **given)
        put(Value="x" * limit, **given)


@pytest.mark.evidence("model: botocore s3.GetObject, s3.HeadObject: VersionId; NoSuchKey")
def test_objects_have_versions(aws: Sandbox) -> None:
    """The latest is read unless a version is named; both reads say which version it was."""
    first, second = versions(aws, "one", "two")
    client, web = aws.client("s3"), {"Bucket": BUCKET, "Key": "web.pem"}
    latest, former = client.get_object(**web), client.get_object(**web, VersionId=first)
    assert (latest["VersionId"], latest["Body"].read()) == (second, b"two")
    assert (former["VersionId"], former["Body"].read()) == (first, b"one")
    assert aws.journal[-1].parameters["VersionId"] == first
    assert client.head_object(**web)["VersionId"] == second
    refused("NoSuchVersion", client.get_object, **web, VersionId="none")
    refused("NoSuchKey", client.get_object, Bucket=BUCKET, Key="other")
    refused("404", client.head_object, Bucket=BUCKET, Key="other")
    refused("NoSuchBucket", client.get_object, Bucket="other-certs", Key="web.pem")
    client.delete_object(**web)
    refused("NoSuchKey", client.get_object, **web)


@pytest.mark.evidence(
    "design: each call of the stores' services is written down and can be faulted"
)
def test_reads_are_in_the_journal_and_meet_faults(near: Sandbox) -> None:
    """A read stands under its operation, account and region; every kind of fault spoils it.

    botocore takes a JSON answer that it cannot read for one without fields.
    """
    shop = near.account(SHOP)
    for name, (service, operation, given) in filled(shop).items():
        client = shop.client(service)
        for kind, seen in BROKEN.items():
            near.inject(Fault(service, operation, kind, region=HERE, account_id=SHOP))
            near.clear_journal()
            if seen is None:
                answer = client._make_api_call(operation, given)
                assert service == "s3" or [*answer] == ["ResponseMetadata"], name
            else:
                with pytest.raises(seen):
                    client._make_api_call(operation, given)
            [call] = near.journal
            place = call.account_id, call.region, call.service, call.operation
            assert place == (SHOP, HERE, service, operation), name
            assert call.error_code, (name, kind)
        client._make_api_call(operation, given)
        assert near.journal[-1].error_code is None


@pytest.mark.evidence("design: an answer of S3 that is spoilt is a body that is spoilt")
def test_objects_can_come_broken(near: Sandbox) -> None:
    """A garbled answer holds other bytes, one that is cut short half of them."""
    versions(near, "one object")
    near.inject(
        Fault("s3", "GetObject", Kind.GARBLED),
        Fault("s3", "GetObject", Kind.CUT_SHORT, after_effect=True),
    )
    read = near.client("s3").get_object
    bodies = [read(Bucket=BUCKET, Key="web.pem")["Body"]._raw_stream.read() for _ in range(3)]
    assert b"one" not in bodies[0]
    assert bodies[1:] == [b"one o", b"one object"]


@pytest.mark.evidence("design: a server leaves out answers and closes sockets for every protocol")
def test_reads_meet_faults_behind_a_server(sandbox: Sandbox) -> None:
    """A reset and a refusal reach a client of each store through a socket as well."""
    for service, operation, given in filled(sandbox).values():
        client = sandbox.client(service)
        sandbox.inject(
            Fault(service, operation, Kind.RESET), Fault(service, operation, Kind.THROTTLED)
        )
        with pytest.raises(ConnectionClosedError):
            client._make_api_call(operation, given)
        with pytest.raises(ClientError):
            client._make_api_call(operation, given)
        client._make_api_call(operation, given)


@pytest.mark.evidence(GUIDE + "AWS Secrets Manager; AWS Systems Manager; Amazon S3")
def test_reads_are_judged_by_arn(near: Sandbox) -> None:
    """Policies name a secret with its suffix, a parameter without version, an object by key."""
    shop = near.account(SHOP)
    arn, web = secret(shop), {"Bucket": BUCKET, "Key": "web.pem"}
    parameter(shop)
    [version] = versions(shop, "one")
    near_arn, here = f"arn:aws:ssm:{HERE}:{SHOP}:parameter{NAME}", f"arn:aws:s3:::{BUCKET}/web.pem"
    role = may(
        near,
        secretsmanager__GetSecretValue=f"arn:aws:secretsmanager:*:{SHOP}:secret:{NAME}-??????",
        ssm__GetParameter=near_arn,
        s3__GetObject=here,
    )
    secrets, ssm, s3 = (role.client(name) for name in ("secretsmanager", "ssm", "s3"))
    for name in (NAME, arn, arn[:-7]):
        secrets.get_secret_value(SecretId=name)
    for name in (NAME, f"{NAME}:1", near_arn):
        ssm.get_parameter(Name=name, WithDecryption=True)
    s3.get_object(**web)
    s3.head_object(**web)
    denied = "AccessDeniedException"
    other = arn.replace(NAME, "/certs/api")
    assert f"on resource: {other} " in refused(denied, secrets.get_secret_value, SecretId=other)
    refused(denied, secrets.describe_secret, SecretId=arn)
    refused(denied, ssm.get_parameters, Names=[NAME])
    assert "/certs/api " in refused(denied, ssm.get_parameter, Name="/certs/api:1")
    words = refused("AccessDenied", s3.get_object, **web, VersionId=version)
    assert "s3:GetObjectVersion" in words
    refused("403", s3.head_object, **web, VersionId=version)


@pytest.mark.evidence("thread: aws/aws-sdk-java#974; aws/aws-cli#2041")
def test_a_missing_key_is_hidden_from_who_may_not_list(near: Sandbox) -> None:
    """It is AccessDenied, 403 of a HEAD; NoSuchKey only to who may list the bucket."""
    versions(near.account(SHOP), "one")
    objects, bucket = f"arn:aws:s3:::{BUCKET}/*", f"arn:aws:s3:::{BUCKET}"
    other = {"Bucket": BUCKET, "Key": "other"}
    s3 = may(near, s3__GetObject=objects).client("s3")
    assert "s3:ListBucket on" in refused("AccessDenied", s3.get_object, **other)
    refused("403", s3.head_object, **other)
    s3 = may(near, s3__GetObject=objects, s3__ListBucket=bucket).client("s3")
    refused("NoSuchKey", s3.get_object, **other)
    refused("404", s3.head_object, **other)


@pytest.mark.evidence("thread: external-secrets/external-secrets#390 (a secret)")
@pytest.mark.evidence(
    "thread: boto/boto3#2952 (an object); KensioSoftware/yulin#1156 (a parameter)"
)
def test_a_customers_key_must_be_allowed(near: Sandbox) -> None:
    """What a customer's key encrypts needs kms:Decrypt on that key besides."""
    shop = near.account(SHOP)
    arn, web = key(shop), {"Bucket": BUCKET, "Key": "web.pem"}
    secret(shop, KmsKeyId="alias/certs")
    parameter(shop, KeyId=arn.rsplit("/", 1)[1])
    versions(shop, "one", ServerSideEncryption="aws:kms", SSEKMSKeyId=arn)
    reads = {"secretsmanager__*": "*", "ssm__*": "*", "s3__*": "*"}
    role = may(near, **reads)
    secrets, ssm, s3 = (role.client(name) for name in ("secretsmanager", "ssm", "s3"))
    denied, decrypted = "AccessDeniedException", {"Name": NAME, "WithDecryption": True}
    words = refused(denied, secrets.get_secret_value, SecretId=NAME)
    assert words == "Access to KMS is not allowed"
    secrets.describe_secret(SecretId=NAME)
    words = refused(denied, ssm.get_parameter, **decrypted)
    assert f"kms:Decrypt on resource: {arn} " in words
    refused(denied, ssm.get_parameters, Names=[NAME], WithDecryption=True)
    refused(denied, ssm.get_parameters_by_path, Path="/certs", WithDecryption=True)
    ssm.get_parameter(Name=NAME)
    assert "kms:Decrypt" in refused("AccessDenied", s3.get_object, **web)
    s3.head_object(**web)
    role = may(near, **reads, kms__Decrypt=arn)
    role.client("secretsmanager").get_secret_value(SecretId=NAME)
    role.client("ssm").get_parameter(**decrypted)
    role.client("s3").get_object(**web)


@pytest.mark.evidence("thread: KensioSoftware/yulin#1156; guide: KMS, AWS managed keys")
def test_keys_of_aws_need_no_permission(near: Sandbox) -> None:
    """A store's own key lets in every caller of the account who may read the store."""
    shop, web = near.account(SHOP), {"Bucket": BUCKET, "Key": "web.pem"}
    secret(shop)
    parameter(shop)
    versions(shop, "one", ServerSideEncryption="aws:kms")
    role = may(near, **{"secretsmanager__*": "*", "ssm__*": "*", "s3__*": "*"})
    role.client("secretsmanager").get_secret_value(SecretId=NAME)
    role.client("ssm").get_parameter(Name=NAME, WithDecryption=True)
    role.client("s3").get_object(**web)


@pytest.mark.evidence("thread: aws/secrets-store-csi-driver-provider-aws#360 (a secret)")
@pytest.mark.evidence("guide: IAM, Cross-account policy evaluation logic")
def test_stores_of_other_accounts_need_a_role_there(near: Sandbox) -> None:
    """A bucket or secret of another account is denied; a role of that account reads it."""
    shop = near.account(SHOP)
    arn, web = secret(shop), {"Bucket": BUCKET, "Key": "web.pem"}
    versions(shop, "one")
    words = refused(
        "AccessDeniedException", near.client("secretsmanager").get_secret_value, SecretId=arn
    )
    assert "no resource-based policy allows the secretsmanager:GetSecretValue action" in words
    refused("AccessDenied", near.client("s3").get_object, **web)
    role = assume(near, shop.role("reader"))
    assert role.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"] == "one"
    assert role.client("s3").get_object(**web)["Body"].read() == b"one"


@pytest.mark.evidence("guide: IAM, access to AWS accounts owned by third parties (external id)")
def test_a_role_of_a_store_asks_for_its_external_id(near: Sandbox) -> None:
    """A wrong or missing external id is AccessDenied; who knows it reads the other account."""
    shop = near.account(SHOP)
    secret(shop)
    arn, sts = shop.role("reader", external_id="Example-7"), near.client("sts")
    given = {"RoleArn": arn, "RoleSessionName": "test"}
    for wrong in ({}, {"ExternalId": "example-7"}):
        words = refused("AccessDenied", sts.assume_role, **given, **wrong)
        assert f"sts:AssumeRole on resource: {arn}" in words
    role = assume(near, arn, ExternalId="Example-7")
    role.client("secretsmanager").get_secret_value(SecretId=NAME)
    call = near.journal[-1]
    assert (call.account_id, call.operation) == (SHOP, "GetSecretValue")


@pytest.mark.evidence(GUIDE + "AWS Secrets Manager and AWS Systems Manager: condition keys")
def test_tags_of_secrets_and_parameters_can_be_required(near: Sandbox) -> None:
    """aws:ResourceTag and the services' own keys are what a secret or parameter is tagged with."""
    shop, tags = near.account(SHOP), [{"Key": "for", "Value": "certrenew"}]
    secret(shop, Tags=tags)
    parameter(shop, Tags=tags)
    shop.client("secretsmanager").create_secret(Name="other", SecretString="x")
    shop.client("ssm").put_parameter(Name="other", Value="x", Type="String")
    for first, second in (
        ("aws:ResourceTag/for", "aws:ResourceTag/for"),
        ("secretsmanager:ResourceTag/for", "ssm:resourceTag/for"),
    ):
        statements = [
            {
                "Effect": "Allow",
                "Action": action,
                "Resource": "*",
                "Condition": {"StringEquals": {condition: "certrenew"}},
            }
            for action, condition in (("secretsmanager:*", first), ("ssm:*", second))
        ]
        role = assume(near, shop.role("tagged", {"Statement": statements}))
        secrets, ssm = role.client("secretsmanager"), role.client("ssm")
        secrets.get_secret_value(SecretId=NAME)
        ssm.get_parameter(Name=NAME)
        refused("AccessDeniedException", secrets.get_secret_value, SecretId="other")
        refused("AccessDeniedException", ssm.get_parameter, Name="other")


@pytest.mark.evidence("model: botocore resourcegroupstaggingapi.GetResources")
def test_tagged_resources_are_found(near: Sandbox, authority: Authority) -> None:
    """GetResources finds certificates of ACM, secrets and parameters by tag and type."""
    tags = [{"Key": "lineage", "Value": "web"}]
    arns = {
        near.import_acm(authority.issue("www.example.com", key="p256"), tags={"lineage": "web"}),
        secret(near, Tags=tags),
        f"arn:aws:ssm:{HERE}:{near.account_id}:parameter{NAME}",
    }
    parameter(near, Tags=tags)
    client = near.client("resourcegroupstaggingapi")
    wanted = {"TagFilters": [{"Key": "lineage", "Values": ["web"]}]}
    found = client.get_resources(**wanted)["ResourceTagMappingList"]
    assert {one["ResourceARN"] for one in found} == arns
    [only] = client.get_resources(**wanted, ResourceTypeFilters=["acm"])["ResourceTagMappingList"]
    assert only["Tags"] == tags
