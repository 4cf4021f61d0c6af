"""Enrolment of hosts that come by themselves."""
