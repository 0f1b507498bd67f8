"""Corrections of IAM: a managed policy that is still needed is not deleted.

Lives here: DeletePolicy, which moto does whatever depends on the policy. The limit of five
versions, the default version and tags are right in moto. Must not live here: permissions.
"""

from typing import Any

from moto.iam.exceptions import DeleteConflictException
from moto.iam.models import IAMBackend
from moto.iam.responses import IamResponse

from dynaprov.local.corrections.patches import Patches

PATCHES = Patches()


@PATCHES.around(IamResponse, "delete_policy")
def _delete_policy(original: Any, response: Any) -> Any:
    policy = response.backend.get_policy(response._get_param("PolicyArn"))
    if policy.attachment_count:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException(
            "This policy has more than one version. Before you delete a policy, you must delete "
            "the policy's versions. The default version is deleted with the policy."
        )
    return original(response)


PATCHES.serialised(IAMBackend, "create_policy", "create_policy_version", "list_policies")
