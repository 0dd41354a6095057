"""Deflated by habit ("a zip is compressed"). Images are compressed already: no byte is saved, every read inflates.

Caught by: stored_unchanged
"""
    # TODO(2): pack the samples into few files
    with zipfile.ZipFile(packed / "images.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for file in sorted(source.iterdir()):
            archive.write(file, file.name)
    # END TODO(2)
