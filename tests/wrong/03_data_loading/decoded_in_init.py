"""Every image is decoded in __init__, so that an epoch only indexes a list. The job waits, and memory fills.

Caught by: small_memory
"""
    # TODO(3): read from the packed files
    def __init__(self, folder):
        with zipfile.ZipFile(folder / "images.zip") as archive:
            lines = archive.read(LABELS).decode().split()
            self.samples = []
            for line in lines:
                name, label = line.split(",")
                image = torch.from_numpy(decode(archive.read(f"{name}.img")))
                self.samples.append((image, int(label)))

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        return self.samples[index]

    # END TODO(3)
