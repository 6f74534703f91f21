"""FITS files: what their headers say, where they belong, and what can be made of them.

FITS is the Flexible Image Transport System, standard 4.0 of the IAU's FITS Working Group. What a
header means for an archive follows ocs-archive 0.5, the library of the OCS Science Archive 2.7 and
of its client, ocs-ingester 3.2. Files come from strangers: whatever is in one, it is read with
bounded memory, and fails with `UnreadableFitsError` or not at all.
"""
