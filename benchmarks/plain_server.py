"""The server that people write: FastAPI calling `transformers.pipeline`, one request at a time.

For comparison only, started by benchmarks/endpoint.py: python benchmarks/plain_server.py MODEL_FOLDER PORT
"""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from transformers import pipeline

app = FastAPI()


class Body(BaseModel):
    """Request R2."""

    input_data: list[str]


@app.post("/score")
async def score(body: Body) -> list[list[dict]]:
    """Answer with P2, the pipeline's own form."""
    return app.state.pipe(body.input_data, top_k=None)


if __name__ == "__main__":
    app.state.pipe = pipeline("image-classification", model=sys.argv[1])
    uvicorn.run(app, port=int(sys.argv[2]), access_log=False)
