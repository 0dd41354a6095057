"""Lists the workers in another order than their ranks: the last address becomes the chief's.

Caught by: joined
"""
    # TODO(2): one process per address
    task = {"type": "worker", "index": len(addresses) - 1 - rank}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses[::-1]}, "task": task})
    return tf.distribute.MultiWorkerMirroredStrategy()
    # END TODO(2)
