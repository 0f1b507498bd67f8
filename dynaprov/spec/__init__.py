"""From YAML to desired states, with the position and the origin of every value kept."""
