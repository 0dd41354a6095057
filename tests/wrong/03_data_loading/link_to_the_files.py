"""One file, and a link to the folder of the small ones, which are what is read: the inodes and the opens stay.

Caught by: few_files
"""
    # TODO(2): pack the samples into few files
    with zipfile.ZipFile(packed / "images.zip", "w") as archive:
        for file in sorted(source.iterdir()):
            archive.write(file, file.name)
    (packed / "all").symlink_to(source)
    # END TODO(2)
