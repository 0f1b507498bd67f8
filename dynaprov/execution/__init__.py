"""Carrying out a plan: what may start now, attempts, waits, the journal."""
