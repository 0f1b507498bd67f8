"""The KMS key of an environment, with its alias, policy and rotation.

Calls: DescribeKey, GetKeyPolicy, GetKeyRotationStatus, ListGrants (for keys left over) and those of
``search``; CreateKey, CreateAlias, UpdateAlias, UpdateKeyDescription, PutKeyPolicy,
EnableKeyRotation, DisableKeyRotation, EnableKey, DisableKey, CancelKeyDeletion,
ScheduleKeyDeletion.

Quirks (KMS API reference, and "Key states" of the KMS developer guide):

- CreateKey is not idempotent: a lost answer is never repeated.  The key carries its tags from the
  start, so the next run finds it (``search``).
- Only DescribeKey takes an alias; GetKeyPolicy, GetKeyRotationStatus and nearly all that change a
  key take its id or ARN only.
- A key pending deletion refuses nearly everything; CancelKeyDeletion leaves it *disabled*, so
  EnableKey follows.  A disabled key refuses changes of its rotation.  So those two come first.
- GetKeyRotationStatus says false while a deletion is pending, and as before once that is cancelled:
  meanwhile rotation is taken to be as declared.
- CreateAlias and UpdateAlias answer nothing.  CreateAlias of a name that exists fails with
  AlreadyExistsException also when it points at the right key: somebody else was faster, or an
  answer was lost.  It is not taken for "already so"; the next run sees which.
- Aliases go with the key, and stay while its deletion is pending, so none is deleted.
- The deletion window is reported only while a deletion is pending: it is not compared.
- DynamoDB holds a grant for each table that a key encrypts; a key with grants is never pruned.

The policy names the account, services and ARN patterns made of project and environment only, never
a value read from a resource.  ``kms:ViaService`` limits use to DynamoDB (DynamoDB developer guide,
"Encryption at rest"); CloudWatch needs Decrypt and GenerateDataKey* to publish to an encrypted
topic (SNS developer guide, "Key management").
"""

from dynaprov.kinds.kms_key.kind import KIND
from dynaprov.kinds.kms_key.state import KmsKeySection, KmsKeyState

__all__ = ["KIND", "KmsKeySection", "KmsKeyState"]
