"""CMFPF: copy-move forgery perception framework."""
