"""Sorted into one folder per class, as ImageFolder wants it: tidier, but still one file per sample.

Caught by: few_files
"""
    # TODO(2): pack the samples into few files
    for name, label in read_labels(source).items():
        folder = packed / str(label)
        folder.mkdir(exist_ok=True)
        shutil.copyfile(source / f"{name}.img", folder / f"{name}.img")
    # END TODO(2)

    # TODO(3): read from the packed files
    def __init__(self, folder):
        self.samples = [(path, int(path.parent.name)) for path in sorted(folder.glob("*/*.img"))]

    def __len__(self):
        return len(self.samples)

    def __getitem__(self, index):
        path, label = self.samples[index]
        return torch.from_numpy(decode(path.read_bytes())), label

    # END TODO(3)
