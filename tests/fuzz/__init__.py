"""The fuzzer: millions of broken frames against the engine, from both sides."""
