"""The strategy for one process: it knows nothing of other processes, TF_CONFIG or not.

Caught by: joined
"""
    # TODO(2): one process per address
    task = {"type": "worker", "index": rank}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return tf.distribute.MirroredStrategy(["CPU:0"])
    # END TODO(2)
