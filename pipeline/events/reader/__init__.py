"""The trained reader of events: a small network that weighs what the rules find and finds what they lack.

view (words, names, rules that fired) → network → triggers with their probability; for each of them options (who, to
whom, says who, when, how much) → probability. It reads the rules as one sign among others and decides nothing else:
what happens at a trigger it adds, its place and its quantities are told by the same rules as at theirs.
"""
