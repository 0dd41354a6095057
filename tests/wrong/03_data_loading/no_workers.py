"""num_workers is left at its default of 0: reading and decoding wait for the model, and the model for them.

Caught by: workers_allocated
"""
    # TODO(4): let workers decode while the model computes
    return DataLoader(
        PackedImages(folder),
        batch_size=batch_size,
        shuffle=True,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
