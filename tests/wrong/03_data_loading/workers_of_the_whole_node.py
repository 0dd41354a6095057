"""os.cpu_count() tells the cores of the machine, not of the job: on a shared node that is many times too many.

Caught by: workers_allocated
"""
    # TODO(4): let workers decode while the model computes
    return DataLoader(
        PackedImages(folder),
        batch_size=batch_size,
        shuffle=True,
        num_workers=os.cpu_count(),
        persistent_workers=True,
        prefetch_factor=4,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
