"""DistributedSampler, copied from a multi-GPU script: without set_epoch() it shuffles the same way each time.

Caught by: new_order
"""
    # TODO(4): let workers decode while the model computes
    from torch.utils.data.distributed import DistributedSampler

    dataset = PackedImages(folder)
    return DataLoader(
        dataset,
        batch_size=batch_size,
        sampler=DistributedSampler(dataset, num_replicas=1, rank=0, shuffle=True),
        num_workers=len(os.sched_getaffinity(0)),
        persistent_workers=True,
        prefetch_factor=4,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
