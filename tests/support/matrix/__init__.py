"""The fault matrix: every API that dynaprov calls, met by every fault.

``scenarios`` are the runs that between them make every call; ``stages`` prepares the account of
each once, and lets every cell have it as it then was; ``cells`` injects a fault into one of them
and says what became of it; ``page`` is docs/reference/fault-matrix.md.
"""
