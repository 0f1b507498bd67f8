"""IAM as far as our policies use it: which rights a request needs, and whether policies give them.

*Modelled*: identity policies that allow; no explicit deny, no policies of resources, no boundaries.
``authorization`` says what AWS checks of each request (action, resource, context); ``evaluation``
decides a check by policy documents; ``enforcing`` denies requests to moto in AWS's words.
"""
