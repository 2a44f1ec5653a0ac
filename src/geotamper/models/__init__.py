"""Networks that answer questions about pictures: plain PyTorch modules from typed configurations."""
