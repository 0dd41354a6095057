"""The index is copied from an example: every worker says that it is the first.

Caught by: joined
"""
    # TODO(2): one process per address
    task = {"type": "worker", "index": 0}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return tf.distribute.MultiWorkerMirroredStrategy()
    # END TODO(2)
