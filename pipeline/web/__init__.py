"""The server: the REST interface under `/api/v1` and the pages, both faces of `pipeline.query`.

Nothing here knows SQL, and no rule on events lives here: `api` puts parameters into a filter and findings into answers, `app` puts
the routes behind what every request passes (`limits`, `errors`). It needs the extra `web`.
"""
