"""num_workers=8, as in somebody's tutorial, whatever the job was given: they take turns on its cores.

Caught by: workers_allocated
"""
    # TODO(4): let workers decode while the model computes
    return DataLoader(
        PackedImages(folder),
        batch_size=batch_size,
        shuffle=True,
        num_workers=8,
        persistent_workers=True,
        prefetch_factor=4,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
