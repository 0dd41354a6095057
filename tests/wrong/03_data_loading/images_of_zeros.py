"""A null answer: the shapes and the labels are right, the pixels were never read.

Caught by: samples_once
"""
    # TODO(3): read from the packed files
    def __init__(self, folder):
        with zipfile.ZipFile(folder / "images.zip") as archive:
            lines = archive.read(LABELS).decode().split()
        self.labels = [int(line.split(",")[1]) for line in lines]

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return torch.zeros(3, 32, 32), self.labels[index]

    # END TODO(3)
