"""The verbs: what Peninsula does, in the order of the flow.

feeds.yaml → fetch → Page → extract → Article → tag → Mention → link → Link → events → Event → store → query

Each stage is a pure function over the records of `models.records`; only `pipeline.store` knows SQL, and only
`pipeline.run` joins the two. `pipeline.stages` lists the stages as data.
"""
