"""The kinds of AWS resource that dynaprov manages: one file per kind, behind one registry."""
