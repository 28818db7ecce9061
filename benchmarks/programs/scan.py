"""Parse the XML for the references in one pass that keeps only the data for the decision."""

from xml.etree import ElementTree as ET

from benchmarks.programs.common import ADMINISTRATOR_ACCESS, full

_NS = "{https://iam.amazonaws.com/doc/2010-05-08/}"


class Scan:
    """The data of an account from the pages read so far."""

    def __init__(self) -> None:
        self.ids: dict[str, str] = {}
        self._wide: set[str] = set()
        self._strong_groups: set[str] = set()
        self._strong: list[str] = []
        self._holders: list[tuple[str, list[str], list[str]]] = []

    @property
    def users(self) -> int:
        """The number of users."""
        return len(self.ids)

    def page(self, body: bytes) -> str | None:
        """Read a page and return the marker of the next one."""
        result = ET.fromstring(body)[0]
        for item in result.iterfind(f"{_NS}UserDetailList/{_NS}member"):
            name, arns, strong = self._holder(item, f"{_NS}UserName", f"{_NS}UserPolicyList")
            self.ids[name] = item.findtext(f"{_NS}UserId", "")
            if strong:
                self._strong.append(name)
            else:
                self._holders.append((name, arns, [g.text or "" for g in item.iterfind(f"{_NS}GroupList/{_NS}member")]))
        for item in result.iterfind(f"{_NS}GroupDetailList/{_NS}member"):
            name, _, strong = self._holder(item, f"{_NS}GroupName", f"{_NS}GroupPolicyList")
            if strong:
                self._strong_groups.add(name)
        for item in result.iterfind(f"{_NS}Policies/{_NS}member"):
            for version in item.iterfind(f"{_NS}PolicyVersionList/{_NS}member"):
                if version.findtext(f"{_NS}IsDefaultVersion") == "true" and full(
                    version.findtext(f"{_NS}Document", "")
                ):
                    self._wide.add(item.findtext(f"{_NS}Arn", ""))
        return result.findtext(f"{_NS}Marker")

    def administrators(self) -> list[str]:
        """Return the names of the administrators found so far."""
        by_others = [
            name
            for name, arns, groups in self._holders
            if not self._wide.isdisjoint(arns) or not self._strong_groups.isdisjoint(groups)
        ]
        return self._strong + by_others

    @staticmethod
    def _holder(item: ET.Element, name: str, inline: str) -> tuple[str, list[str], bool]:
        arns = [p.findtext(f"{_NS}PolicyArn", "") for p in item.iterfind(f"{_NS}AttachedManagedPolicies/{_NS}member")]
        strong = any(arn.endswith(ADMINISTRATOR_ACCESS) for arn in arns) or any(
            full(p.findtext(f"{_NS}PolicyDocument", "")) for p in item.iterfind(f"{inline}/{_NS}member")
        )
        return item.findtext(name, ""), arns, strong


def virtual_owners(body: bytes) -> tuple[set[str], str | None]:
    """Return the names of the users on a page of ListVirtualMFADevices, and the marker of the next page."""
    result = ET.fromstring(body)[0]
    return {user.text or "" for user in result.iter(f"{_NS}UserName")}, result.findtext(f"{_NS}Marker")
