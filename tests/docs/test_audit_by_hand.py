"""docs/audit-by-hand.md, every command of it, with the real AWS CLI against the embedded AWS."""

from pathlib import Path

from admin_mfa.audit.account import audit
from admin_mfa.aws.iam import IamReader
from admin_mfa.model import Compliance
from admin_mfa.parameters import Parameters
from admin_mfa.root_user import RootMfa
from demo.emulator import EmbeddedAws
from tests.support.doc_blocks import ROOT, assert_printed, blocks, run

DOCUMENT = "docs/audit-by-hand.md"

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ONE_BUCKET = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


def fill(aws: EmbeddedAws) -> None:
    """The account of which the document tells."""
    iam = aws.iam
    iam.root(mfa=False, password=True)
    iam.group("operators", ("AdministratorAccess",))
    iam.group("release", inline={"everything": EVERYTHING})
    iam.group("readers", ("ReadOnlyAccess",), {"bucket": ONE_BUCKET})
    iam.user("ada", policies=("AdministratorAccess",))
    iam.user("barbara", groups=("operators",))
    iam.user("grace", groups=("operators",), devices=("virtual",))
    iam.user("joan", policies=("AdministratorAccess",), devices=("fido",))
    iam.user("dorothy", inline={"everything": EVERYTHING, "bucket": ONE_BUCKET})
    iam.user("evelyn", policies=(iam.policy("platform-owner", EVERYTHING),))
    iam.user("hedy", groups=("release",))
    iam.user("margaret", policies=("PowerUserAccess", "IAMFullAccess"))
    iam.user("annie", groups=("readers",), policies=(iam.policy("bucket", ONE_BUCKET),))


def test_every_command_prints_what_the_document_says(tmp_path: Path) -> None:
    wanted = blocks(DOCUMENT)
    with EmbeddedAws() as aws:
        fill(aws)
        outputs = run(wanted, aws.environment, tmp_path)
        asked = aws.calls.counts()
    assert_printed(wanted, outputs)
    assert {action.split(":")[1][:3] for action in asked} <= {"Get", "Lis"}


def test_the_audit_names_the_users_whom_the_document_says_it_names() -> None:
    with EmbeddedAws() as aws:
        fill(aws)
        with IamReader(aws.client("iam")) as reader:
            found = audit(reader, account_id="123456789012", partition="aws", parameters=Parameters())
    named = [f"`{v.user_name}`" for v in found.verdicts if v.compliance is Compliance.NON_COMPLIANT]
    sentence = f"it reports {', '.join(named[:-1])} and {named[-1]}, and so does the rule."
    assert sentence in " ".join((ROOT / DOCUMENT).read_text().split())
    assert found.account.root_mfa is RootMfa.DISABLED
