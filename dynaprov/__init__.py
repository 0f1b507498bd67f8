"""dynaprov: the reconciler for DynamoDB.

The public names of the library live here and nothing else; each is loaded when first used, so
that ``import dynaprov`` and ``dynaprov --help`` stay cheap.
"""

__version__ = "0.1.0"
