"""A stack that stands in the embedded AWS and lacks nothing, as far as somebody looks at it from outside."""

import io
import json
import zipfile
from typing import Any

from demo.emulator import EmbeddedAws
from tests.deploy.templates import Resolver, of_type, policies
from tests.support.handler import RULE, handle

ROLE = "rule-function"
TOPIC = "arn:aws:sns:us-east-1:123456789012:alarms"


def stand(aws: EmbeddedAws) -> None:
    """Make the stack, a recorder, a trail and a subscribed topic, and let the rule run once."""
    aws.client("sns").create_topic(Name="alarms")
    aws.client("sns").subscribe(TopicArn=TOPIC, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:told")
    _create(aws, Resolver({"AlarmTopicArn": TOPIC}).resources())
    aws.client("s3").create_bucket(Bucket="trail")
    trail = aws.client("cloudtrail")
    trail.create_trail(Name="all", S3BucketName="trail", IncludeGlobalServiceEvents=True)
    trail.start_logging(Name="all")
    aws.config.rule(RULE, {"AssumeRoleMode": "false"})
    aws.config.invoke(handle, rule_name=RULE)


def _create(aws: EmbeddedAws, resources: dict[str, Any]) -> None:
    """Make what is examined as the template describes it; CloudFormation itself is not emulated that far."""
    role, function = resources["RuleFunctionRole"]["Properties"], resources["RuleFunction"]["Properties"]
    iam = aws.client("iam")
    trust = json.dumps(role["AssumeRolePolicyDocument"])
    arn = iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    for number, document in enumerate(policies(resources, "RuleFunctionRole")):
        iam.put_role_policy(RoleName=ROLE, PolicyName=f"policy-{number}", PolicyDocument=json.dumps(document))
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("handler.py", "")
    given = {name: function[name] for name in ("FunctionName", "Runtime", "Handler", "Timeout")}
    memory = int(function["MemorySize"])
    aws.client("lambda").create_function(**given, MemorySize=memory, Role=arn, Code={"ZipFile": archive.getvalue()})
    for queue in of_type(resources, "AWS::SQS::Queue").values():
        aws.client("sqs").create_queue(QueueName=queue["QueueName"])
    for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values():
        aws.client("cloudwatch").put_metric_alarm(**alarm)
        aws.client("cloudwatch").set_alarm_state(AlarmName=alarm["AlarmName"], StateValue="OK", StateReason="a test")
