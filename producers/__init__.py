"""How events leave: stamp, accept, relay, publish, subscribe; the SDK for pipelines."""
