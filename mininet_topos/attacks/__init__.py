"""All named attacks against a victim on a shared network: `python -m mininet_topos.attacks`."""
