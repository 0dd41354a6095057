"""Each worker lists only itself.

Caught by: joined
"""
    # TODO(2): one process per address
    task = {"type": "worker", "index": 0}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": [addresses[rank]]}, "task": task})
    return tf.distribute.MultiWorkerMirroredStrategy()
    # END TODO(2)
