"""Autoscaling of provisioned capacity: scalable targets and their target-tracking policies.

Calls: DescribeScalableTargets, DescribeScalingPolicies, RegisterScalableTarget, PutScalingPolicy,
DeregisterScalableTarget, DeleteScalingPolicy; DescribeTable for the live capacity;
DescribeScheduledActions, only where live bounds are not the declared ones.

Quirks (Application Auto Scaling API reference and DynamoDB developer guide, auto scaling):

- RegisterScalableTarget is an upsert.  It moves a live capacity that is outside the bounds into
  them, by itself and some seconds later.  So capacity is never written here or by the table.
- PutScalingPolicy replaces the whole policy: what the spec does not declare is sent as it is live.
- There can be one target-tracking policy per metric and target.  A policy of that metric with
  another name is taken over under its own name; a second one would be refused.
- A scheduled action (never made here) sets the bounds of a target.  Bounds that are exactly those
  of a live action of the target are in sync; while that cannot be read they are not compared.
- Right after registering, PutScalingPolicy may answer ObjectNotFoundException: repeat.
- AWS makes four alarms per policy ("TargetTracking-table/...").  They are never read here.
- Deregistering deletes the target's policies.  Deleting a table or an index, or switching to
  on-demand, does not deregister: its targets are left over.
- A missing cooldown is 0 seconds for tables and indexes.
- The caller needs the permissions for what the service does on its behalf.
"""

from __future__ import annotations

from dynaprov.kinds.scaling.kind import KIND
from dynaprov.kinds.scaling.section import ScalingSection, ScalingState

__all__ = ["KIND", "ScalingSection", "ScalingState"]
