"""An endpoint that speaks the JSON of the published model cards: online, in batch, and under Azure's server.

`schema` (requests), `responses`, `decoding`, `explaining` and `scoring` are pure; `addresses`, `batching`,
`service`, `app` and `server` put a network around them; `score` is the script for Azure's own server.

Taught in lesson 13.
"""
