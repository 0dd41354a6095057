"""`shuffle=True` got lost when the arguments for the workers were added: every epoch runs in stored order.

Caught by: new_order
"""
    # TODO(4): let workers decode while the model computes
    return DataLoader(
        PackedImages(folder),
        batch_size=batch_size,
        num_workers=len(os.sched_getaffinity(0)),
        persistent_workers=True,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
