"""A sampler that seeds its generator in __iter__ "to be reproducible": each epoch has the order of the first.

Caught by: new_order
"""
    # TODO(4): let workers decode while the model computes
    class Shuffled(torch.utils.data.Sampler):
        def __init__(self, dataset):
            self.length = len(dataset)

        def __len__(self):
            return self.length

        def __iter__(self):
            generator = torch.Generator().manual_seed(42)
            yield from torch.randperm(self.length, generator=generator).tolist()

    dataset = PackedImages(folder)
    return DataLoader(
        dataset,
        batch_size=batch_size,
        sampler=Shuffled(dataset),
        num_workers=len(os.sched_getaffinity(0)),
        persistent_workers=True,
        pin_memory=torch.cuda.is_available(),
    )
    # END TODO(4)
