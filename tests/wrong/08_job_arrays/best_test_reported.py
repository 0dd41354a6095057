"""Chosen by validation, but the best test accuracy of all epochs is reported.

Caught by: best
"""
    # TODO(7): choose by validation; the test is only reported
    losses = {i: [x if math.isfinite(x) else math.inf for x in r["validation_loss"]] for i, r in results.items()}
    index = min(losses, key=lambda i: min(losses[i]))
    epoch = losses[index].index(min(losses[index]))
    return index, epoch, max(results[index]["test_accuracy"])
    # END TODO(7)
