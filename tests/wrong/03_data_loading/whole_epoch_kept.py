"""The training process keeps the first epoch and shuffles it in memory: quick here, and gone with real data.

Caught by: small_memory
"""
    # TODO(4): let workers decode while the model computes
    class Kept:
        def __init__(self):
            self.batches = None
            self.loader = DataLoader(
                PackedImages(folder), batch_size, shuffle=True, num_workers=len(os.sched_getaffinity(0)), persistent_workers=True
            )

        def __iter__(self):
            if self.batches is None:
                self.batches = list(self.loader)
            order = torch.randperm(len(self.batches))
            return (self.batches[i] for i in order)

    return Kept()
    # END TODO(4)
