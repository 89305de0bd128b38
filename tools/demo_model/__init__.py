"""Training and evaluation of the demonstration model: a small SDXL that draws emoji scenes."""
