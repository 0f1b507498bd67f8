"""YAML files to a resolved spec: positions kept, layers, provenance, JSON Schema."""
