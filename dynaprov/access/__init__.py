"""What a command needs of IAM: the least-privilege policy, derived from the spec alone.

``derivation`` says which permissions a command needs, of all that the kinds, the lease and the
deliveries of reports declare; ``documents`` makes policy documents of them that fit IAM's limit.
Pure: nothing here calls AWS, reads a file or prints.
"""
