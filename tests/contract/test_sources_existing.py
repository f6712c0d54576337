"""Sources of what AWS holds already: which certificate they take, by what, and why none."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from boto3 import Session

from c7n_certrenew.aws import acm, iam
from c7n_certrenew.aws.clients import Clients
from c7n_certrenew.core.model import AcmCertificate, ServerCertificate
from c7n_certrenew.core.plan import Stored
from c7n_certrenew.sandbox import Authority, Fault, Issued, Kind, Sandbox
from c7n_certrenew.sources import SOURCES, make_source, source_class
from c7n_certrenew.sources.base import Access, SourceError

REGION = "eu-west-1"
WWW, API = "www.example.com", "api.example.com"
KINDS = tuple(name for name in SOURCES if not source_class(name).keyed)
LINEAGE, REPLACES, REPLACED_BY, REJECTED = (
    f"certrenew:{tag}" for tag in ("lineage", "replaces", "replaced-by", "rejected")
)
GENERATED = "web-20300101-0123abcd"


class Near(Clients):
    """Clients of a sandbox in this process."""

    def __init__(self, sandbox: Sandbox) -> None:
        super().__init__(Session(region_name=REGION), sandbox.account_id)
        self.sandbox = sandbox

    def get(self, service: str, region: str | None = None) -> Any:  # type: ignore[override]
        """Return a client that shows every error at once."""
        return self.sandbox.client(service, region)


@dataclasses.dataclass
class World:
    """A sandbox, certificates by how many days they are valid, and `web`, which is to be renewed.

    `days` are valid for that many days; `web` is one of 20, which is the lineage's newest.
    """

    aws: Sandbox
    days: dict[int, Issued]
    other_key: Issued
    less: Issued
    seen: int = 0

    def old(self, name: str = "web") -> Stored:
        """Return the certificate of a name with what IAM holds of it."""
        return iam.get_certificate(self.aws.client("iam"), name)

    def find(self, kind: str, name: str = "web", retry: bool = False, **options: Any) -> str:
        """Return the name in IAM, or the ARN in ACM, of what a source finds."""
        source = make_source({"type": kind, **options})
        found = source.find(self.old(name), Access(Near(self.aws), REGION, retry)).existing
        assert found is not None
        return found.name if isinstance(found, ServerCertificate) else found.arn

    def refused(self, kind: str, name: str = "web", **options: Any) -> str:
        """Return the line with which a source has nothing."""
        with pytest.raises(SourceError) as refused:
            self.find(kind, name, **options)
        assert "\n" not in str(refused.value)
        return str(refused.value)

    def calls(self) -> list[str]:
        """Return what was asked since this was last asked."""
        made = [call.operation for call in self.aws.journal][self.seen :]
        self.seen += len(made)
        return made


@pytest.fixture(scope="module")
def issued(authority: Authority) -> dict[int, Issued]:
    """Give certificates of the same names, by the days that they are valid; -1 has expired."""
    days = (-5, -1, 10, 20, 50, 90)
    return {day: authority.issue(WWW, API, days=day, age=30, key="p256") for day in days}


@pytest.fixture(scope="module")
def odd(authority: Authority) -> tuple[Issued, Issued]:
    """Give one with another kind of key, and one that lacks a name."""
    return (
        authority.issue(WWW, API, days=70, key="rsa2048"),
        authority.issue(WWW, days=80, key="p256"),
    )


@pytest.fixture
def world(sandboxes: Any, issued: dict[int, Issued], odd: tuple[Issued, Issued]) -> World:
    """Give an account with one certificate."""
    aws = sandboxes.open(regions=(REGION, "us-east-1"), server=False)
    aws.upload("web", issued[20])
    return World(aws, issued, *odd)


@pytest.mark.parametrize("kind", KINDS)
def test_binds_what_is_there(kind: str) -> None:
    """They hold no key; one alone goes back, one alone is asked for every region."""
    source = source_class(kind)
    assert (source.type, source.keyed) == (kind, False)
    assert (source.goes_back, source.regional) == (kind == "previous", kind == "acm")
    every = [need.action for need in make_source({"type": kind}).needs(key=True)]
    read = [need.action for need in make_source({"type": kind}).needs(key=False)]
    assert len(set(every)) == len(every) > 0
    assert all(action.split(":")[1].startswith(("Get", "List", "Describe")) for action in read)
    assert not any("Upload" in action or "Import" in action for action in every)


@pytest.mark.parametrize("kind", KINDS)
def test_is_the_certificate_with_its_chain_as_aws_holds_it(world: World, kind: str) -> None:
    """The candidate is complete without a key, and reading it changes nothing."""
    renewed = 10 if kind == "previous" else 90
    world.aws.upload(f"web-20300101-0000000{renewed // 10}", world.days[renewed])
    world.aws.import_acm(world.days[90], REGION)
    source, access = make_source({"type": kind}), Access(Near(world.aws), REGION)
    old = world.old()
    world.calls()
    found = source.find(old, access)
    assert found == source.fetch(old, access)
    assert all(call.startswith(("Get", "List", "Describe")) for call in world.calls())
    assert (found.body_pem, found.chain_pem) == (
        world.days[renewed].certificate,
        world.days[renewed].chain,
    )
    assert (found.private_key, found.key_matches) == (None, True)
    assert found.existing is not None
    assert found.origin == found.existing.arn


class TestIam:
    """A newer one of the lineage that somebody has uploaded."""

    def test_nothing_newer_is_the_old_one(self, world: World) -> None:
        """The plan then waits: older, expired and foreign ones are none, and none is read twice."""
        world.aws.upload("web-20200101-00000000", world.days[10])
        world.aws.upload("web-20200101-00000001", world.days[-1])
        world.aws.upload("shop", world.days[90])
        source, access, old = make_source({"type": "iam"}), Access(Near(world.aws)), world.old()
        world.calls()
        for _ in range(2):
            assert source.find(old, access).existing == old.certificate
        assert world.calls() == ["ListServerCertificates", "GetServerCertificate"]

    @pytest.mark.parametrize(
        ("name", "tags"),
        [(GENERATED, {}), ("whatever", {LINEAGE: "web"})],
        ids=["by its name", "by its tag"],
    )
    def test_lineage_is_taken(self, world: World, name: str, tags: dict[str, str]) -> None:
        """The one that is valid longest, whatever others of the lineage there are."""
        world.aws.upload(name, world.days[90], tags=tags)
        world.aws.upload("web-20290101-00000000", world.days[50])
        assert world.find("iam") == name

    def test_name_counts_less_than_a_tag(self, world: World) -> None:
        """What is tagged as of another lineage is not taken for its name."""
        world.aws.upload(GENERATED, world.days[90], tags={LINEAGE: "shop"})
        assert world.find("iam") == "web"

    def test_what_expired_later_is_no_renewal(self, world: World) -> None:
        """Of two that have expired neither is taken for the other."""
        world.aws.upload("shop", world.days[-5])
        world.aws.upload("shop-20300101-00000000", world.days[-1])
        assert world.find("iam", name="shop") == "shop"

    def test_pattern_is_taken_at_its_word(self, world: World) -> None:
        """A glob of names, with a template, alone decides; what it leaves out is not read."""
        world.aws.upload("web_2030", world.days[50])
        world.aws.upload(GENERATED, world.days[90])
        world.old()
        world.calls()
        assert world.find("iam", pattern="<lineage>_20??") == "web_2030"
        assert world.calls().count("GetServerCertificate") == 2  # one is the old one
        with pytest.raises(SourceError, match="unknown placeholder <linage>"):
            make_source({"type": "iam", "pattern": "<linage>"})

    def test_twin_with_another_key_is_not_taken(self, world: World) -> None:
        """RSA and ECDSA are two lineages though they have one name."""
        world.aws.upload("web-20300101-00000000", world.other_key)
        assert world.find("iam") == "web"
        world.aws.upload("web-20290101-00000000", world.days[50])
        assert world.find("iam") == "web-20290101-00000000"

    def test_rejected_one_is_the_last_choice(self, world: World) -> None:
        """Another is taken before it, with retry none; alone it is for the plan to refuse."""
        world.aws.upload(GENERATED, world.days[90], tags={REJECTED: "x"})
        assert world.find("iam") == GENERATED
        world.aws.upload("web-20290101-00000000", world.days[50])
        assert world.find("iam") == "web-20290101-00000000"
        assert world.find("iam", retry=True) == GENERATED

    def test_order_of_the_list_is_no_matter(self, world: World) -> None:
        """Of two that are the same the name decides."""
        for name in ("web-20300101-0000000b", "web-20300101-0000000a"):
            world.aws.upload(name, world.days[90])
        assert world.find("iam") == "web-20300101-0000000b"

    def test_unread_one_may_be_newer(self, world: World) -> None:
        """Nothing found is no answer while something was not looked at; gone is looked at."""
        world.aws.upload("shop", world.days[90])
        old, source = world.old(), make_source({"type": "iam"})
        world.aws.inject(Fault("iam", "GetServerCertificate", Kind.DENIED))
        with pytest.raises(SourceError, match=r"but a server certificate could not be read: shop:"):
            source.find(old, Access(Near(world.aws)))
        world.aws.before("iam", "GetServerCertificate", lambda s: s.discard("shop"))
        found = make_source({"type": "iam"}).find(old, Access(Near(world.aws)))
        assert found.existing == old.certificate


class TestAcm:
    """One of the listeners' region."""

    def test_covers_all_names_and_is_valid_longest(self, world: World) -> None:
        """Imported or issued by Amazon; not one with fewer names, another key or another region."""
        world.aws.import_acm(world.days[50], REGION)
        longest = world.aws.issue_acm(world.days[90], REGION)
        world.aws.import_acm(world.less, REGION)
        world.aws.import_acm(world.other_key, REGION)
        assert world.find("acm") == longest

    def test_lineage_tag_comes_first(self, world: World) -> None:
        """What says that it is of the lineage is taken; of another lineage it is not."""
        ours = world.aws.import_acm(world.days[20], REGION, tags={LINEAGE: "web"})
        nobodys = world.aws.import_acm(world.days[50], REGION)
        assert world.find("acm") == ours
        world.aws.discard_acm(ours)
        world.aws.upload("shop", world.days[20])
        theirs = world.aws.import_acm(world.days[90], REGION, tags={LINEAGE: "shop"})
        assert world.find("acm") == nobodys
        assert world.find("acm", name="shop") == theirs

    def test_tags_of_ones_own(self, world: World) -> None:
        """They alone decide: without them nothing is taken, and the line says what was looked for.

        What they name is taken although it lacks a name: the policy may have dropped it.
        """
        world.aws.import_acm(world.days[90], REGION)
        tags = {"app": "<lineage>", "stage": "live"}
        assert "with app=web, stage=live; request or import" in world.refused("acm", tags=tags)
        live = world.aws.import_acm(world.less, REGION, tags={"app": "web", "stage": "live"})
        assert world.find("acm", tags=tags) == live

    def test_named_ones(self, world: World) -> None:
        """One a region, of the account; the list is not asked."""
        arn = world.aws.import_acm(world.less, REGION)
        world.old()
        world.calls()
        assert world.find("acm", certificates=[arn]) == arn
        assert "ListCertificates" not in world.calls()
        east = arn.replace(REGION, "us-east-1")
        refused = world.refused("acm", certificates=[east])
        assert f"certificates names none of {REGION}, where listeners serve web" in refused
        foreign = arn.replace(world.aws.account_id, "210987654321")
        assert "is not of account 123456789012" in world.refused("acm", certificates=[foreign])
        with pytest.raises(SourceError, match=f"names two of {REGION}"):
            make_source({"type": "acm", "certificates": [arn, arn]})
        with pytest.raises(SourceError, match="certificates or tags, not both"):
            make_source({"type": "acm", "certificates": [arn], "tags": {"a": "b"}})
        for empty in ({"certificates": []}, {"tags": {}}):
            with pytest.raises(SourceError, match="is empty; leave it out, or say which"):
                make_source({"type": "acm", **empty})
        gone = arn[:-4] + "0000"
        assert "ACM in eu-west-1 could not be read" in world.refused("acm", certificates=[gone])

    def test_why_there_is_none(self, world: World) -> None:
        """The region, what to do, and each that would do but for one thing."""
        nothing = world.refused("acm")
        assert nothing == (
            f"ACM in {REGION} has no certificate for {API}, {WWW}; request or import one there"
        )
        arns = {
            "is PENDING_VALIDATION": world.aws.client("acm", REGION).request_certificate(
                DomainName=WWW, SubjectAlternativeNames=[API], KeyAlgorithm="EC_prime256v1"
            )["CertificateArn"],
            "is EXPIRED": world.aws.import_acm(world.days[-1], REGION),
        }
        said = world.refused("acm")
        assert all(f"{arn} {why}" in said for why, arn in arns.items())
        world.aws.discard_acm(arns["is EXPIRED"])
        arns = {
            f"does not cover {API}": world.aws.import_acm(world.less, REGION),
            "has another kind of key (RSA)": world.aws.import_acm(world.other_key, REGION),
        }
        said = world.refused("acm")
        assert all(f"{arn} {why}" in said for why, arn in arns.items())

    def test_names_for_which_the_list_has_no_room(self, world: World, authority: Authority) -> None:
        """ACM lists a hundred; one with more is asked for all of them before it is passed over."""
        many = [f"{number}.example.org" for number in range(100)]
        arn = world.aws.import_acm(authority.issue(*many, WWW, API, key="p256"), REGION)
        world.aws.import_acm(authority.issue(*many, WWW, key="p256", days=95), REGION)
        assert world.find("acm") == arn

    def test_rejected_one_is_left_until_retry(self, world: World) -> None:
        """What a run has shown bad is not taken, by whatever it would be chosen."""
        arn = world.aws.import_acm(world.days[90], REGION, tags={REJECTED: "x", LINEAGE: "web"})
        assert "was shown bad by an earlier run; say retry: true" in world.refused("acm")
        assert "was shown bad" in world.refused("acm", certificates=[arn])
        assert world.find("acm", retry=True) == arn

    def test_region_that_cannot_be_read(self, world: World) -> None:
        """It is named, and other regions are not of concern."""
        world.aws.inject(Fault("acm", "ListCertificates", Kind.DENIED))
        assert world.refused("acm").startswith(f"ACM in {REGION} could not be read: ListCert")


class TestPrevious:
    """What was replaced."""

    def test_by_the_tag(self, world: World) -> None:
        """One call: what the served one says that it replaced."""
        world.aws.upload("before", world.days[10])
        world.aws.upload("new", world.days[90], tags={REPLACES: "before"})
        world.aws.upload("new-20200101-00000000", world.days[50])
        world.old("new")
        world.calls()
        assert world.find("previous", name="new") == "before"
        assert world.calls() == ["GetServerCertificate"] * 2

    def test_other_side_is_heard(self, world: World) -> None:
        """One that says that something else replaced it is not put back for a tag alone."""
        world.aws.upload("before", world.days[10], tags={REPLACED_BY: "newer"})
        world.aws.upload("new", world.days[90], tags={REPLACES: "before"})
        refused = world.refused("previous", name="new")
        assert "new says that it replaced before, which says that newer did" in refused

    @pytest.mark.parametrize(
        ("said", "why"),
        [
            (":acm:", ":acm: could not be read: GetServerCertificate answered ValidationError"),
            ("x:server-certificate/", "could not be read: ParamValidationError"),
            ("arn:aws:iam::999999999999:server-certificate/web", "is gone, IAM has arn:aws:iam::"),
            ("arn:aws:acm:eu-west-1:999999999999:certificate/1", "is not of this account"),
            ("arn:aws-cn:acm:cn-north-1:{account}:certificate/1", "is not of this account"),
        ],
    )
    def test_tag_of_anything(self, world: World, said: str, why: str) -> None:
        """Whatever somebody wrote is one line, and nobody else's account or region is asked."""
        reference = said.format(account=world.aws.account_id)
        world.aws.upload("new", world.days[90], tags={REPLACES: reference})
        assert why in world.refused("previous", name="new")
        assert {call.service for call in world.aws.journal} == {"iam"}

    def test_one_of_several_regions_is_named(self, world: World) -> None:
        """What went to ACM of two regions has a tag with room for one: both lead back."""
        here, there = (world.aws.import_acm(world.days[90], at) for at in (REGION, "us-east-1"))
        for by, ours in ((there, here), (here, there)):
            world.aws.discard("web")
            arn = world.aws.upload("web", world.days[20], tags={REPLACED_BY: by})
            region = acm.region_of(ours)
            client = world.aws.client("acm", region)
            tag = {"Key": REPLACES, "Value": arn}
            client.add_tags_to_certificate(CertificateArn=ours, Tags=[tag])
            old = acm.get_certificate(client, ours)
            found = make_source({"type": "previous"}).find(old, Access(Near(world.aws)))
            assert found.origin == arn

    def test_gone(self, world: World) -> None:
        """What was deleted cannot be put back, and one line says what else can be done."""
        world.aws.upload("new", world.days[90], tags={REPLACES: "before"})
        assert world.refused("previous", name="new") == (
            "before, from before new, is gone; say which one with name:, or renew it with a good "
            "certificate"
        )

    def test_without_tags_names_must_do(self, world: World) -> None:
        """The lineage's newest before this one that is valid; twins and rejected ones are not."""
        world.aws.upload(GENERATED, world.days[90])
        world.aws.upload("web-20290101-00000000", world.days[50], tags={REJECTED: "x"})
        world.aws.upload("web-20290101-00000001", world.other_key)
        world.aws.upload("web-20200101-00000000", world.days[-1])
        assert world.find("previous", name=GENERATED) == "web"

    def test_what_says_that_it_was_replaced(self, world: World) -> None:
        """A tag on the other side alone is enough, whatever the names are."""
        world.aws.upload("summer", world.days[10], tags={REPLACED_BY: "winter"})
        world.aws.upload("winter", world.days[90])
        assert world.find("previous", name="winter") == "summer"

    def test_nothing_to_go_back_to(self, world: World) -> None:
        """It says what was looked for; what is unread may be it."""
        world.aws.upload("shop", world.days[10])
        world.aws.upload("web-20200101-00000000", world.days[-1])
        assert world.refused("previous") == (
            "nothing is known that web has replaced: it has no tag certrenew:replaces, and IAM has "
            "no older valid certificate of web; say which one with name:, or renew it with a good "
            "certificate"
        )
        old = world.old()
        world.aws.inject(Fault("iam", "GetServerCertificate", Kind.DENIED))
        with pytest.raises(SourceError, match=r"a server certificate could not be read: shop: "):
            make_source({"type": "previous"}).find(old, Access(Near(world.aws)))

    def test_name_that_is_said(self, world: World) -> None:
        """With a template; the tags are not asked then."""
        world.aws.upload("web-good", world.days[10])
        world.aws.upload("other", world.days[10])
        world.aws.upload(GENERATED, world.days[90], tags={REPLACES: "other"})
        source = make_source({"type": "previous", "name": "<lineage>-good"})
        found = source.find(world.old(GENERATED), Access(Near(world.aws))).existing
        assert found is not None
        assert found.name == "web-good"
        with pytest.raises(SourceError, match="unknown placeholder"):
            make_source({"type": "previous", "name": "<x>"})

    def test_across_the_stores(self, world: World) -> None:
        """From ACM back to IAM and to another of ACM, by their ARNs; not to what is rejected."""
        before = world.aws.import_acm(world.days[50], REGION)
        web = world.old().certificate.arn
        for arn, name in ((web, "web"), (before, WWW)):
            served = world.aws.import_acm(world.days[90], REGION, tags={REPLACES: arn})
            old = acm.get_certificate(world.aws.client("acm", REGION), served)
            found = make_source({"type": "previous"}).find(old, Access(Near(world.aws), REGION))
            assert found.existing is not None
            assert (found.existing.arn, found.existing.name) == (arn, name)
            assert isinstance(found.existing, AcmCertificate) is (arn == before)
        world.aws.client("acm", REGION).add_tags_to_certificate(
            CertificateArn=before, Tags=[{"Key": REJECTED, "Value": "x"}]
        )
        with pytest.raises(SourceError, match="was shown bad by an earlier run"):
            make_source({"type": "previous"}).find(old, Access(Near(world.aws), REGION))
        again = world.aws.import_acm(world.days[90], REGION)
        world.aws.client("acm", REGION).add_tags_to_certificate(
            CertificateArn=again, Tags=[{"Key": REPLACES, "Value": again}]
        )
        old = acm.get_certificate(world.aws.client("acm", REGION), again)
        with pytest.raises(SourceError, match="was imported over what it replaced"):
            make_source({"type": "previous"}).find(old, Access(Near(world.aws), REGION))
