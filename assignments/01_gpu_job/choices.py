"""What the checks of both frameworks ask about devices and job scripts.

Functions that judge return the evidence of a pass and raise Failed. They are reached through the fixture `choices`.
"""

from grader.verdict import Failed

# --- the device --------------------------------------------------------------------------------------------------


def device(start_worker, gpu, cpu):
    """Evidence that a GPU is used where there is one, and missed where there is none. Raises Failed.

    `gpu`, `cpu`: what the framework calls them.
    """
    with start_worker(env={"CUDA_VISIBLE_DEVICES": ""}) as worker:
        missing = worker.call("device", gpu, 0)
        if "error" not in missing:
            raise Failed(
                f"Asked for {gpu} where there is none, choose_device() answered {missing.get('type')!r:.20}; "
                "expected an error.",
                "The job would go on without its GPU: nobody notices, and its time runs out." if missing else "",
            )
        if missing["error"] == "SystemExit" or not any(word in missing["text"] for word in ("GPU", "CUDA", "cuda")):
            raise Failed(
                f"Without a GPU, choose_device() raises {missing['error']}: {missing['text']!r:.80}.",
                "The error has to say that there is no GPU: it is all that the log of the job will have.",
            )
        for wanted, gpus, expected in ((gpu, 1, gpu), (cpu, 0, cpu), (cpu, 1, cpu)):
            answer = worker.call("device", wanted, gpus)
            if answer.get("type") != expected:
                found = answer.get("type") or f"{answer.get('error')}: {answer.get('text')}"
                raise Failed(f"Asked for {wanted} where {gpus or 'no'} GPU is: expected {expected}, found {found:.80}.")
    return f"without a GPU: {missing['error']}: {missing['text'][:80]}"


def places(answer, device):
    """Evidence that all tensors of a step are on a device. Raises Failed."""
    for kind, types in answer.items():
        if types != [device]:
            raise Failed(f"On {device}: {kind} are on {' and '.join(types) or 'no device'}.", _WHY.get(kind, ""))
    return f"{', '.join(answer)} are on {device}"


_WHY = {
    "parameters": "The model stays where it was made.",
    "buffers": "Buffers belong to the model, too: move it as a whole.",
    "inputs": "Each batch comes from the CPU and has to be moved.",
    "targets": "The targets are a part of the batch.",
}
