"""Modules that tell a question what the predicted masks show (CMFPF, Table IV)."""
