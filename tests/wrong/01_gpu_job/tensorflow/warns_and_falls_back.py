"""A warning in the log, and the CPU.

Caught by: no_fallback
"""
    # TODO(4): no silent fallback
    if wanted == "GPU" and not tf.config.list_physical_devices("GPU"):
        print("WARNING: no GPU, using the CPU")
        wanted = "CPU"
    return f"/{wanted}:0"
    # END TODO(4)
