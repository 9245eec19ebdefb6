"""A small AWS in this process: the calls that repairs make, on a clock that only moves when told.

It is an emulator of its own. Nothing of how eksnet predicts a change is in it: each rule is written
from AWS's documentation, named where the rule stands. It is fast enough that a repair can be tried
thousands of times, with a fault at every call. Where AWS documents a rule but no error code, the
code is the one that other emulators answer, and the rule says so.
"""
