"""The archive is opened again for every sample: the `with` block looks clean, and no handle is shared.

Each opening costs a metadata request and reads the whole directory of the archive.

Caught by: few_opens, throughput
"""
    # TODO(3): read from the packed files
    def __init__(self, folder):
        self.path = folder / "images.zip"
        with zipfile.ZipFile(self.path) as archive:
            lines = archive.read(LABELS).decode().split()
        self.samples = [line.split(",") for line in lines]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        name, label = self.samples[index]
        with zipfile.ZipFile(self.path) as archive:
            data = archive.read(f"{name}.img")
        return torch.from_numpy(decode(data)), int(label)

    # END TODO(3)
