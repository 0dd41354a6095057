"""drop_last=True, taken from a training script that wants batches of equal size: the last samples never come.

Caught by: samples_once
"""
    # TODO(4): let workers decode while the model computes
    return DataLoader(
        PackedImages(folder),
        batch_size=batch_size,
        shuffle=True,
        drop_last=True,
        num_workers=len(os.sched_getaffinity(0)),
        persistent_workers=True,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
