"""Run PMapper and Cloudsplaining and read Prowler's dictionary, in the environment in which they are installed.

The program reads accounts as JSON from standard input. For each account it writes whether each peer considers the first
user to be an administrator or able to become one. Only compare_peers.py runs it.
"""

import ast
import collections
import collections.abc
import json
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

# PMapper 1.1.5 imports these from their location before Python 3.10.
for _name in ("Mapping", "MutableMapping"):
    if not hasattr(collections, _name):
        setattr(collections, _name, getattr(collections.abc, _name))

from cloudsplaining.scan.policy_document import PolicyDocument
from principalmapper.common import Graph, Group, Node, Policy
from principalmapper.graphing import (
    autoscaling_edges,
    cloudformation_edges,
    codebuild_edges,
    ec2_edges,
    gathering,
    iam_edges,
    lambda_edges,
    sagemaker_edges,
    ssm_edges,
    sts_edges,
)
from principalmapper.querying.presets.privesc import can_privesc


def pmapper(account: dict[str, Any]) -> bool:
    """Return whether the first user is an administrator in PMapper's graph or can reach one."""
    groups = {g["arn"]: Group(g["arn"], _policies(g["policies"])) for g in account["groups"]}
    nodes = [
        Node(
            user["arn"], f"AIDA{i}", _policies(user["policies"]), [groups[arn] for arn in user["groups"]],
            None, None, 0, True, False, None, False, {},
        )
        for i, user in enumerate(account["users"])
    ] + [
        Node(
            role["arn"], f"AROA{i}", _policies(role["policies"]), None, role["trust"],
            [f"{role['arn'].replace(':role/', ':instance-profile/')}"] if role["instance_profile"] else None,
            0, False, False, None, False, {},
        )
        for i, role in enumerate(account["roles"])
    ]  # fmt: skip
    gathering.update_admin_status(nodes)
    edges = [
        *iam_edges.generate_edges_locally(nodes),
        *sts_edges.generate_edges_locally(nodes),
        *ec2_edges.generate_edges_locally(nodes),
        *ssm_edges.generate_edges_locally(nodes),
        *sagemaker_edges.generate_edges_locally(nodes),
        *lambda_edges.generate_edges_locally(nodes, []),
        *cloudformation_edges.generate_edges_locally(nodes, []),
        *codebuild_edges.generate_edges_locally(nodes, None, []),
        *autoscaling_edges.generate_edges_locally(nodes, None, []),
    ]
    graph = Graph(nodes, edges, [], list(groups.values()), {"account_id": "123456789012", "pmapper_version": "1.1.5"})
    return bool(nodes[0].is_admin or can_privesc(graph, nodes[0])[0])


def _policies(policies: list[dict[str, Any]]) -> list[Policy]:
    return [Policy(policy["arn"], policy["name"], policy["document"]) for policy in policies]


def cloudsplaining(account: dict[str, Any]) -> bool:
    """Return whether Cloudsplaining finds a privilege escalation in the policy document of the case."""
    return bool(PolicyDocument(account["document"]).allows_privilege_escalation)


def prowler() -> dict[str, list[str]]:
    """Return Prowler's combinations of actions by name. The module is parsed: importing it needs all of Prowler."""
    file = distribution("prowler").locate_file("prowler/providers/aws/services/iam/lib/privilege_escalation.py")
    for node in ast.parse(Path(str(file)).read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "privilege_escalation_policies_combination":
            return {name: sorted(actions) for name, actions in ast.literal_eval(node.value).items()}
    raise SystemExit(f"{file} no longer contains a dictionary of privilege escalations.")


def main() -> None:
    """Write the results for every account."""
    answers = [
        {"PMapper": pmapper(account), "Cloudsplaining": cloudsplaining(account)} for account in json.load(sys.stdin)
    ]
    json.dump({"answers": answers, "prowler": prowler()}, sys.stdout)


if __name__ == "__main__":
    main()
