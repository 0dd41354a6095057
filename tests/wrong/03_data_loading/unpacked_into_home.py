"""Unpacked into the home directory, "so that the next job finds it": thousands of files in a small quota.

Caught by: staged
"""
    # TODO(3): read from the packed files
    def __init__(self, folder):
        self.folder, self.root = folder, None
        lines = (self.open() / LABELS).read_text().split()
        self.samples = [line.split(",") for line in lines]

    def open(self):
        archive = self.folder / "images.zip"
        return zipfile.Path(archive) if archive.exists() else self.folder

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        if self.root is None:
            self.root = self.open()
        name, label = self.samples[index]
        return torch.from_numpy(decode((self.root / f"{name}.img").read_bytes())), int(label)

    # END TODO(3)

    # TODO(5): stage the packed files
    target = Path.home() / "dataset"
    shutil.unpack_archive(packed / "images.zip", target)
    return target
    # END TODO(5)
