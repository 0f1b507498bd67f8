"""The human views of a document: one door for those who print them."""

from dynaprov.report.plan_view import print_header, print_next, print_plan
from dynaprov.report.run_view import print_run

__all__ = ["print_header", "print_next", "print_plan", "print_run"]
