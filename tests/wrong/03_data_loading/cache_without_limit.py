"""Each worker keeps every sample that it has decoded; in the end each of them holds the data set once.

Caught by: small_memory
"""
    # TODO(3): read from the packed files
    def __init__(self, folder):
        self.path = folder / "images.zip"
        with zipfile.ZipFile(self.path) as archive:
            lines = archive.read(LABELS).decode().split()
        self.samples = [line.split(",") for line in lines]
        self.archive = None
        self.cache = {}

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        if self.archive is None:
            self.archive = zipfile.ZipFile(self.path)
        if index not in self.cache:
            name, label = self.samples[index]
            self.cache[index] = torch.from_numpy(decode(self.archive.read(f"{name}.img"))), int(label)
        return self.cache[index]

    # END TODO(3)
