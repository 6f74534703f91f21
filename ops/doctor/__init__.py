"""What is wrong with an installation, and what to do about it: one check per thing it needs.

Checks only look. What can be mended without losing anything is, where `Hands` are given: events
that a broker has lost are put back into their queues, work of dead processes is handed on. Nothing
is ever deleted.
"""

from ops.doctor.examining import examine
from ops.doctor.finding import Finding, Hands, Patient

__all__ = ["Finding", "Hands", "Patient", "examine"]
