"""geotamper answers questions about forged remote-sensing pictures."""
