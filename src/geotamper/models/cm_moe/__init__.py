"""CM-MMoE: multi-modal gated mixture of experts."""
