"""Whether a statement's conditions are met, as far as that can be known without the request: yes, no, or perhaps.

Known are context about the user, the resource and what is asked for, such as the policy that would be attached. Where
a request comes from and when is not known, and neither is what else a session may carry.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html
"""

import operator
from collections.abc import Callable, Iterable, Mapping

from admin_mfa.escalation.arn_pattern import arn_pattern
from admin_mfa.policy.wildcard import Pattern, prepare, prepare_with
from admin_mfa.statements import Condition

RequestContext = Mapping[str, tuple[str, ...] | None]
"""Values by context key, in lower case. None: the request does not have the key. A key that is missing is unknown."""

MFA_PRESENT = "aws:multifactorauthpresent"
MFA_AGE = "aws:multifactorauthage"

LONG_TERM_KEY: RequestContext = {MFA_PRESENT: None, MFA_AGE: None}
"""What a request that is signed with a long-term access key says of MFA: nothing, not even that there was none.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html#condition-keys-multifactorauthpresent
"""

SESSION_WITHOUT_MFA: RequestContext = {MFA_PRESENT: ("false",), MFA_AGE: None}
"""What a request with temporary credentials says that were made without MFA."""

_Test = Callable[[str, str], bool]


def conditions_met(conditions: Iterable[Condition], context: RequestContext) -> bool | None:
    """Whether all conditions are met; None if that depends on what is not known."""
    answers = {condition_met(condition, context) for condition in conditions}
    if False in answers:
        return False
    return None if None in answers else True


def condition_met(condition: Condition, context: RequestContext) -> bool | None:
    """Whether a condition is met; None if that depends on what is not known.

    >>> deny = Condition(operator="BoolIfExists", key="aws:MultiFactorAuthPresent", values=("false",))
    >>> condition_met(deny, LONG_TERM_KEY), condition_met(deny, {})
    (True, None)
    """
    key = condition.key.lower()
    if key not in context:
        return None
    values = context[key]
    quantifier, name, if_exists = _taken_apart(condition.operator)
    if name == "null":
        return (values is None) == (condition.values[:1] == ("true",))
    if name not in _OPERATORS:
        return None
    test, negated = _OPERATORS[name]
    if values is None:
        return if_exists or quantifier == "forallvalues" or (negated and quantifier != "foranyvalue")
    expected = [prepared for text in condition.values if (prepared := prepare_with(text, _single(context))) is not None]
    met = [any(test(text, value) for text in expected) != negated for value in values]
    return all(met) if quantifier == "forallvalues" else any(met)


def _taken_apart(text: str) -> tuple[str, str, bool]:
    quantifier, colon, name = text.lower().rpartition(":")
    return quantifier if colon else "", name.removesuffix("ifexists"), name.endswith("ifexists")


def _single(context: RequestContext) -> dict[str, str]:
    return {key: values[0] for key, values in context.items() if values}


def _equal(expected: str, value: str) -> bool:
    # The operator knows no wildcards, so a star is a star: back from the prepared form.
    return expected == prepare(value)


def _equal_ignoring_case(expected: str, value: str) -> bool:
    return expected.lower() == prepare(value).lower()


def _like(expected: str, value: str) -> bool:
    return Pattern(expected).matches(value)


def _arn_like(expected: str, value: str) -> bool:
    return arn_pattern(expected).matches(value)


def _number(test: Callable[[float, float], bool]) -> _Test:
    def compare(expected: str, value: str) -> bool:
        try:
            return test(float(value), float(expected))
        except ValueError:
            return False

    return compare


_OPERATORS: dict[str, tuple[_Test, bool]] = {
    "stringequals": (_equal, False),
    "stringnotequals": (_equal, True),
    "stringequalsignorecase": (_equal_ignoring_case, False),
    "stringnotequalsignorecase": (_equal_ignoring_case, True),
    "stringlike": (_like, False),
    "stringnotlike": (_like, True),
    "arnequals": (_arn_like, False),
    "arnlike": (_arn_like, False),
    "arnnotequals": (_arn_like, True),
    "arnnotlike": (_arn_like, True),
    "bool": (_equal_ignoring_case, False),
    "numericequals": (_number(operator.eq), False),
    "numericnotequals": (_number(operator.eq), True),
    "numericlessthan": (_number(operator.lt), False),
    "numericlessthanequals": (_number(operator.le), False),
    "numericgreaterthan": (_number(operator.gt), False),
    "numericgreaterthanequals": (_number(operator.ge), False),
}
"""By name: how a value of the policy and one of the request compare, and whether the operator is the negated one."""
