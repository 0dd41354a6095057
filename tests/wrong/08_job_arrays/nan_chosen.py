"""nan is neither below nor above a number, so min() keeps it.

Caught by: best
"""
    # TODO(7): choose by validation; the test is only reported
    index = min(results, key=lambda i: min(results[i]["validation_loss"]))
    losses = results[index]["validation_loss"]
    epoch = int(np.argmin(losses))
    return index, epoch, results[index]["test_accuracy"][epoch]
    # END TODO(7)
