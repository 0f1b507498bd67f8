from __future__ import annotations

import json

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from support.report_plans import plans

from dynaprov.model.plan import Plan
from dynaprov.report.document import plan_document, plan_from_document


@hypothesis_settings(max_examples=60, deadline=None)
@given(plans)
def test_writing_a_plan_as_json_and_reading_it_back_is_the_identity(plan: Plan) -> None:
    text = json.dumps(plan_document(plan, command="diff"))
    assert plan_from_document(json.loads(text)) == plan
