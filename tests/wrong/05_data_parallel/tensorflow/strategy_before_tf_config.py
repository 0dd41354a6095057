"""Makes the strategy first and TF_CONFIG afterwards: nobody reads it any more.

Caught by: joined
"""
    # TODO(2): one process per address
    strategy = tf.distribute.MultiWorkerMirroredStrategy()
    task = {"type": "worker", "index": rank}
    os.environ["TF_CONFIG"] = json.dumps({"cluster": {"worker": addresses}, "task": task})
    return strategy
    # END TODO(2)
