"""Training of the event reader: annotated articles in, the files of `pipeline/events/reader` out.

articles → the pipeline's own reading of them → lessons (what the annotation says of each trigger and option) → network → limits.
"""
