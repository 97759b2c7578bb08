"""The verbs: what Peninsula does, in the order of the flow.

feeds.yaml → fetch → Page → extract → Article → tag → Mention → link → Link → events → Event → store → query

Each stage is a pure function over the records of `models.records`; only `pipeline.store` knows SQL, and only
`pipeline.run` joins the two. `pipeline.stages` lists the stages as data.
"""

import os

# One thread a process: several processes that each start a thread for every core slow each other down, and our matrices are small.
# Numpy's library reads this when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
