"""Access policies: IAM managed policies for those who use the tables, one per group and role.

Calls: GetPolicy, GetPolicyVersion, ListPolicyVersions, CreatePolicy, CreatePolicyVersion,
DeletePolicyVersion, DeletePolicy.  What a role may do is in ``roles``.

Quirks (IAM API reference and quotas page):

- A policy's ARN follows from its name, so nothing has to be searched for.  IAM has no region.
- Path and description never change; the document changes by a new version made the default one.
- There are at most five versions: the oldest that is not the default goes before a sixth comes.
- A document has at most 6144 characters, white space not counted.
- GetPolicy says which version is the default one, not how many there are.
- DeletePolicy refuses (DeleteConflict) while the policy is attached or has other versions.
- IAM is eventually consistent: a new version may take seconds to show.
"""

from __future__ import annotations

from dynaprov.kinds.access_policy.kind import KIND
from dynaprov.kinds.access_policy.section import AccessPoliciesSection, AccessPolicyState

__all__ = ["KIND", "AccessPoliciesSection", "AccessPolicyState"]
