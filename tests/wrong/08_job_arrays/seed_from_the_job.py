"""The seed comes from the host and the job's number: run again, an index is another configuration.

Caught by: same_everywhere
"""
    # TODO(1): random numbers that belong to this search and this index
    import zlib

    place = os.uname().nodename + os.environ.get("SLURM_JOB_ID", "")
    rng = np.random.default_rng([seed, index, zlib.crc32(place.encode())])
    # END TODO(1)
