"""An endpoint that speaks the JSON of the published model cards: online, in batch, and under Azure's server.

`schema` (requests), `responses`, `decoding` and `scoring` are pure; `addresses`, `batching`, `service`, `app`
and `server` put a network around them. Taught in lesson 13.
"""
