"""The account's root user: its credentials, and the verdict on them."""

from dataclasses import dataclass
from enum import StrEnum

from admin_mfa.model import Compliance


class RootMfa(StrEnum):
    """Whether the account's root user has MFA, or has no credentials that MFA could protect.

    UNKNOWN occurs only in audits of saved answers that do not include the account summary.
    """

    ENABLED = "ENABLED"
    DISABLED = "DISABLED"
    NO_CREDENTIALS = "NO_CREDENTIALS"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True, kw_only=True)
class RootCredentials:
    """The credentials of the account's root user.

    Attributes:
        mfa: Whether an MFA device is enabled.
        password: Whether there is a password.
        access_keys: Whether there are access keys.
        virtual_mfa: Whether one of the MFA devices is a virtual one; None if the devices were not listed.
    """

    mfa: bool
    password: bool
    access_keys: bool
    virtual_mfa: bool | None = None

    @property
    def mfa_type(self) -> str:
        """The weakest type of device; empty without MFA, or if the devices were not listed.

        IAM lists the root user's virtual device only, so the other types cannot be distinguished.
        """
        if not self.mfa or self.virtual_mfa is None:
            return ""
        return "virtual" if self.virtual_mfa else "fido or hardware"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountStatus:
    """What we concluded about the account itself: its root user.

    Attributes:
        root_mfa: The state of the root user's credentials.
        compliance: COMPLIANT, NON_COMPLIANT, or NOT_APPLICABLE if root has no credentials; None if the saved answers
            do not show it.
        annotation: One sentence, at most 256 characters.
        credentials: The credentials that were read; None if unknown.
    """

    root_mfa: RootMfa
    compliance: Compliance | None
    annotation: str
    credentials: RootCredentials | None

    @property
    def answer(self) -> str:
        """The compliance in one word, for reports."""
        return (self.compliance or RootMfa.UNKNOWN).value


def account_status(root: RootCredentials | None, *, hardware_only: bool = False) -> AccountStatus:
    """Return the verdict on the account's root user; None is unknown credentials.

    With `hardware_only`, a virtual device does not count: it can be used to sign in even if there is a stronger one.

    Without any credentials (centralized root access removes them) there is nothing that MFA could protect.
    Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_root-enable-root-access.html
    """
    if root is None:
        root_mfa = RootMfa.UNKNOWN
    elif root.mfa:
        root_mfa = RootMfa.ENABLED
    elif root.password or root.access_keys:
        root_mfa = RootMfa.DISABLED
    else:
        root_mfa = RootMfa.NO_CREDENTIALS
    compliance, annotation = _ACCOUNT[root_mfa]
    if hardware_only and root is not None and root.mfa:
        compliance, annotation = _BY_VIRTUAL_DEVICE[root.virtual_mfa]
    return AccountStatus(root_mfa=root_mfa, compliance=compliance, annotation=annotation, credentials=root)


_BY_VIRTUAL_DEVICE: dict[bool | None, tuple[Compliance | None, str]] = {
    False: (Compliance.COMPLIANT, "The root user has an MFA device."),
    True: (
        Compliance.NON_COMPLIANT,
        "The root user has a virtual MFA device, but only security keys, passkeys and hardware tokens are allowed.",
    ),
    None: (
        None,
        "Unknown, because the files do not include the output of `aws iam list-virtual-mfa-devices`.",
    ),
}


_ACCOUNT: dict[RootMfa, tuple[Compliance | None, str]] = {
    RootMfa.ENABLED: (Compliance.COMPLIANT, "The root user has an MFA device."),
    RootMfa.DISABLED: (Compliance.NON_COMPLIANT, "The root user has credentials and no MFA device."),
    RootMfa.NO_CREDENTIALS: (
        Compliance.NOT_APPLICABLE,
        "The root user has no credentials, so there is nothing to protect.",
    ),
    RootMfa.UNKNOWN: (
        None,
        "Unknown, because the files do not include the output of `aws iam get-account-summary`.",
    ),
}
