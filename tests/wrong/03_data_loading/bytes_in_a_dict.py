"""All bytes are read into a dict in __init__: quick with a toy data set, out of memory with a real one.

Caught by: small_memory
"""
    # TODO(3): read from the packed files
    def __init__(self, folder):
        with zipfile.ZipFile(folder / "images.zip") as archive:
            self.bytes = {name: archive.read(name) for name in archive.namelist()}
        lines = self.bytes.pop(LABELS).decode().split()
        self.samples = [line.split(",") for line in lines]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        name, label = self.samples[index]
        return torch.from_numpy(decode(self.bytes[f"{name}.img"])), int(label)

    # END TODO(3)
