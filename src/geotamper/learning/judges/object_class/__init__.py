"""What a region shows: a small head on a frozen ImageNet trunk, taught with renderings of labelled objects."""
