"""The networks that CMFPF is compared with (arXiv:2412.02575, Tables I and II)."""
