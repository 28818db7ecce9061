"""For `rdk test-local IAM_ADMIN_USER_MFA_ENABLED`, from inside rules/. The thorough tests are in tests/."""

import json
import os
import unittest
from typing import Any
from unittest.mock import patch

from IAM_ADMIN_USER_MFA_ENABLED import IAM_ADMIN_USER_MFA_ENABLED, lambda_handler
from rdklib import InvalidParametersError

from demo.emulator import EmbeddedAws

RULE = "iam-admin-user-mfa-enabled"


class RuleTest(unittest.TestCase):
    aws: EmbeddedAws

    @classmethod
    def setUpClass(cls) -> None:
        # One environment for all tests, as in a Lambda container: the rule makes each client once.
        cls.aws = cls.enterClassContext(EmbeddedAws())
        cls.enterClassContext(patch.dict(os.environ, cls.aws.environment))

    def setUp(self) -> None:
        self.aws.reset()
        self.aws.config.rule(RULE, {"AssumeRoleMode": "false"})

    def invoke(self, event: dict[str, Any]) -> list[tuple[str, str]]:
        return [
            (evaluation["ComplianceResourceId"], evaluation["ComplianceType"])
            for evaluation in self.aws.config.invoke(lambda_handler, rule_name=RULE, event=event)
        ]

    def test_a_scheduled_run_judges_every_user(self) -> None:
        expected = {
            self.aws.iam.user("ada", policies=["AdministratorAccess"]): "NON_COMPLIANT",
            self.aws.iam.user("grace", policies=["AdministratorAccess"], devices=["virtual"]): "COMPLIANT",
            self.aws.iam.user("linus"): "COMPLIANT",
        }
        self.assertEqual(dict(self.invoke(self.aws.config.scheduled_event(RULE))), expected)

    def test_a_change_judges_one_user(self) -> None:
        ada = self.aws.iam.user("ada", policies=["AdministratorAccess"])
        self.aws.iam.user("grace")
        for event in (self.aws.config.change_event(RULE, "ada"), self.aws.config.oversized_event(RULE, "ada")):
            self.assertEqual(self.invoke(event), [(ada, "NON_COMPLIANT")])

    def test_a_deletion_is_not_applicable(self) -> None:
        ada = self.aws.iam.user("ada", policies=["AdministratorAccess"])
        self.assertEqual(self.invoke(self.aws.config.deleted_event(RULE, "ada")), [(ada, "NOT_APPLICABLE")])

    def test_a_run_of_rdks_own_records_nothing(self) -> None:
        self.aws.iam.user("ada", policies=["AdministratorAccess"])
        event = self.aws.config.scheduled_event(RULE) | {"resultToken": "TESTMODE"}
        self.assertEqual(len(self.invoke(event)), 1)
        self.assertEqual(self.aws.config.recorded, ())

    def test_parameters_are_named_where_they_are_wrong(self) -> None:
        rule = IAM_ADMIN_USER_MFA_ENABLED()
        with self.assertRaisesRegex(InvalidParametersError, "AllowedMfaTypes is 'sms': sms; allowed is any, or"):
            rule.evaluate_parameters({"AllowedMfaTypes": "sms"})

    def test_the_answer_is_json(self) -> None:
        self.aws.iam.user("ada")
        answer = self.aws.config.invoke(
            lambda_handler, rule_name=RULE, event=self.aws.config.oversized_event(RULE, "ada")
        )
        self.assertEqual(json.loads(json.dumps(answer)), answer)


if __name__ == "__main__":
    unittest.main()
