"""persistent_workers is left at False: each epoch starts new processes, which open the files again.

Caught by: workers_stay
"""
    # TODO(4): let workers decode while the model computes
    return DataLoader(
        PackedImages(folder),
        batch_size=batch_size,
        shuffle=True,
        num_workers=len(os.sched_getaffinity(0)),
        prefetch_factor=4,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
