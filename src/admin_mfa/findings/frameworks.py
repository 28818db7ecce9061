"""The requirements of compliance frameworks that a finding supports, for users and for the root user.

*Supports* is not *satisfies*: a framework also concerns users who are not administrators, other systems and processes.
The texts have the form of Security Hub's related requirements.
"""

from dataclasses import dataclass

_SECURITY_HUB = "https://docs.aws.amazon.com/securityhub/latest/userguide/iam-controls.html"
_PROWLER = "https://github.com/prowler-cloud/prowler/tree/master/prowler/compliance/aws"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement of one framework.

    Attributes:
        framework: The framework with its version.
        user: The requirement that findings about users support.
        root: The requirement that the finding about the root user supports.
        source: A published mapping of an equivalent check to the requirement.
        separator: What Security Hub writes between framework and requirement.
    """

    framework: str
    user: str
    root: str
    source: str
    separator: str = "/"

    def text(self, *, root: bool) -> str:
        """Return the requirement as Security Hub writes it, such as `PCI DSS v4.0.1/8.4.2`."""
        return f"{self.framework}{self.separator}{self.root if root else self.user}"


def _cis(version: str, user: str, root: str, source: str = "") -> Requirement:
    short = version.rsplit(".", 1)[0]
    return Requirement(
        framework=f"CIS AWS Foundations Benchmark v{version}",
        user=user,
        root=root,
        source=source or f"{_PROWLER}/cis_{short}_aws.json",
    )


def _both(framework: str, number: str, source: str, separator: str = "/") -> Requirement:
    return Requirement(framework=framework, user=number, root=number, source=source, separator=separator)


REQUIREMENTS = (
    _cis("7.0.0", "2.10", "2.5"),
    _cis("6.0.0", "2.9", "2.4"),
    _cis("5.0.0", "1.9", "1.4", f"{_SECURITY_HUB}#iam-5"),
    _cis("4.0.1", "1.10", "1.5"),
    _cis("3.0.0", "1.10", "1.5", f"{_SECURITY_HUB}#iam-5"),
    _cis("2.0.0", "1.10", "1.5"),
    _cis("1.5.0", "1.10", "1.5"),
    _cis("1.4.0", "1.10", "1.5", f"{_SECURITY_HUB}#iam-5"),
    _both("NIST.800-53.r5", "IA-2(1)", f"{_SECURITY_HUB}#iam-19", " "),
    _both("NIST.800-53.r5", "IA-2(2)", f"{_SECURITY_HUB}#iam-19", " "),
    _both("PCI DSS v4.0.1", "8.4.1", f"{_PROWLER}/pci_4.0_aws.json"),
    _both("PCI DSS v4.0.1", "8.4.2", f"{_SECURITY_HUB}#iam-19"),
    _both("ISO/IEC 27001:2022", "A.5.17", f"{_PROWLER}/iso27001_2022_aws.json", " "),
    _both("ISO/IEC 27001:2022", "A.8.5", f"{_PROWLER}/iso27001_2022_aws.json", " "),
)
"""The newest release of each framework first. The CIS benchmark requires MFA of users with a console password."""

USER = tuple(requirement.text(root=False) for requirement in REQUIREMENTS)
ROOT = tuple(requirement.text(root=True) for requirement in REQUIREMENTS)
