"""Chosen by validation, but the best test accuracy of all epochs is reported.

Caught by: best
"""
    # TODO(7): choose by validation; the test is only reported
    index = min(results, key=lambda i: np.nanmin(results[i]["validation_loss"]))
    epoch = int(np.nanargmin(results[index]["validation_loss"]))
    return index, epoch, max(results[index]["test_accuracy"])
    # END TODO(7)
