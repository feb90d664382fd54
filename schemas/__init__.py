"""What the data is: columns, codes, findings, config, manifest, and the canonical form of a phone or email.

Imports nothing of ours.
"""
